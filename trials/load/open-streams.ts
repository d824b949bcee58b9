/** Two thousand streams at once: each gets its own answer to the end, and each costs little. */
import { canaryOf, echoCanaries, holdsForeign } from "../support/canaries.ts";
import { bodyOf, type RawCall, renderRequest, sendRaw } from "../support/raw-client.ts";
import { comes } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { countText, mibText, type Trial, type TrialOptions } from "../trial.ts";

/** Resident memory of the daemon for each stream that is open, beyond what it has at rest. */
const STREAM_BYTES_MAX = 128 * 1024;
/** Many are opened in one go, as after a restart of all clients. */
const OPENED_TOGETHER = 250;
const OPEN_MS = 60_000;
const END_MS = 180_000;

interface OpenStream {
  readonly index: number;
  readonly call: RawCall;
}

async function openAll(stage: Stage, count: number): Promise<OpenStream[]> {
  const { daemon, home, breaches } = stage;
  const streams: OpenStream[] = [];
  while (streams.length < count) {
    const width = Math.min(OPENED_TOGETHER, count - streams.length);
    for (let more = 0; more < width; more += 1) {
      const index = streams.length;
      const body = bodyOf(`say ${canaryOf(index)}`, `stream-${index}`);
      streams.push({ index, call: sendRaw(daemon.port, renderRequest(daemon.port, { key: home.key, body })) });
    }
    const haveBegun = await comes(() => streams.every(({ call }) => call.bytes() > 0), OPEN_MS);
    if (!haveBegun) breaches.add(`of ${streams.length} streams only some began within ${OPEN_MS} ms`);
    if (!haveBegun) break;
  }
  return streams;
}

function judgeStreams(stage: Stage, streams: readonly OpenStream[]): number {
  const { breaches } = stage;
  let whole = 0;
  for (const { index, call } of streams) {
    const text = call.text();
    if (breaches.expect(text.includes("response.completed"), `stream ${index} broke off after ${call.bytes()} bytes`))
      whole += 1;
    breaches.expect(!holdsForeign(text, index), `stream ${index} got what was another's`);
  }
  return whole;
}

async function run({ short }: TrialOptions) {
  const count = short ? 100 : 2_000;
  return withDaemon({ accounts: 4 }, async (stage) => {
    const { home, daemon, breaches } = stage;
    echoCanaries(home.sim, short ? 25 : 90);
    // Long enough that the first is still open when the last has begun.
    home.sim.script.pace({ eventDelayMs: short ? 60 : 900 });
    const before = daemon.memory().now;
    const streams = await openAll(stage, count);
    const openAtOnce = home.sim.concurrency.max;
    const perStream = (daemon.memory().now - before) / streams.length;
    breaches.expect(openAtOnce >= count, `only ${openAtOnce} of ${count} were open at once`);
    if (!short) breaches.expect(perStream <= STREAM_BYTES_MAX, `each stream costs ${Math.round(perStream / 1024)} KiB`);
    const areOver = await Promise.race([
      Promise.all(streams.map(({ call }) => call.over)).then(() => true),
      comes(() => false, END_MS),
    ]);
    breaches.expect(areOver, "some streams never ended");
    const whole = judgeStreams(stage, streams);
    const isQuiet = await comes(() => home.sim.concurrency.now === 0, 5_000);
    breaches.expect(isQuiet, `upstream still works on ${home.sim.concurrency.now} turns`);
    const memory = daemon.memory();
    return {
      name: "open streams",
      tried: `${countText(count)} at once`,
      found: `${countText(whole)} whole, 0 wrong deliveries, ${Math.round(perStream / 1024)} KiB each, ${mibText(memory.peak)} at most, ${mibText(memory.now)} after`,
    };
  });
}

export const openStreamsTrial: Trial = { name: "open streams", run };
