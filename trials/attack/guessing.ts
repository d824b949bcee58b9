/** Guessed keys by the ten thousand: nobody gets in, little is looked into, and a good key is never kept out. */
import { createPoolKey } from "../../src/operations/pool-key.ts";
import type { Rng } from "../../src/ports.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import { callRaw } from "../support/raw-client.ts";
import { withDaemon } from "../support/with-daemon.ts";
import { countText, type Trial, type TrialOptions } from "../trial.ts";

const WIDTH = 16;
/** Told more than that it is wrong; the burst, and what a minute or so adds. */
const EXPLAINED_MAX = 200;
/** Lines of the log that guessing may cost. */
const LINES_MAX = 20;

/** Keys of every kind of wrong, near misses of the good one among them. */
function guess(good: string, rng: Rng): string {
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => drawInteger(rng, 256));
  const at = drawInteger(rng, good.length);
  const kinds = [
    () => createPoolKey(bytes),
    () => good.slice(0, at) + (good[at] === "x" ? "y" : "x") + good.slice(at + 1),
    () => good.slice(0, at),
    () => `${good}${good.slice(0, at)}`,
    () => good.toUpperCase(),
    () => `sk-${Buffer.from(bytes(24)).toString("hex")}`,
    () => Buffer.from(bytes(40)).toString("base64"),
  ];
  return (kinds[drawInteger(rng, kinds.length)] ?? kinds[0] ?? (() => ""))();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function run({ short, seed }: TrialOptions) {
  const count = short ? 250 : 10_000;
  return withDaemon({ accounts: 1 }, async ({ home, daemon, breaches }) => {
    const rng = createSeededRng(seed);
    let tried = 0;
    let explained = 0;
    let servedBeside = 0;
    const times = { near: [] as number[], far: [] as number[] };
    const ask = (key: string) => callRaw(daemon.port, { method: "GET", path: "/v1/models", key });
    const guessOnce = async (): Promise<void> => {
      const key = guess(home.key, rng);
      if (key === home.key) return;
      const startedAt = performance.now();
      const call = await ask(key);
      (key.startsWith(home.key.slice(0, 30)) ? times.near : times.far).push(performance.now() - startedAt);
      breaches.expect(call.status() === 401, `a wrong key got ${call.status()}`);
      if (!call.text().includes("not looked into")) explained += 1;
    };
    const worker = async (): Promise<void> => {
      while (tried < count) {
        tried += 1;
        const isTurnOfGood = tried % 20 === 0;
        await guessOnce();
        if (!isTurnOfGood) continue;
        const good = await ask(home.key);
        if (breaches.expect(good.status() === 200, `the good key got ${good.status()}`)) servedBeside += 1;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    breaches.expect(explained <= EXPLAINED_MAX, `${explained} wrong keys were looked into`);
    const lines = daemon.said().split("\n").length;
    breaches.expect(lines <= LINES_MAX, `guessing cost ${lines} lines of the log`);
    breaches.expect(!daemon.said().includes("cux_pool_"), "the log has a key");
    return {
      name: "key guessing",
      tried: `${countText(count)} wrong keys, ${WIDTH} at a time, seed ${seed}`,
      found: `0 let in, ${explained} looked into, the good key served ${countText(servedBeside)} of ${countText(servedBeside)} times beside them, ${lines} log lines; median ${median(times.near).toFixed(1)} ms for near misses, ${median(times.far).toFixed(1)} ms for others`,
    };
  });
}

export const guessingTrial: Trial = { name: "key guessing", run };
