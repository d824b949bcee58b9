/** Ten thousand clients that leave at any moment: nothing may stay behind, nobody may get another's answer. */
import type { Rng } from "../../src/ports.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import { canaryOf, echoCanaries, holdsForeign } from "../support/canaries.ts";
import { bodyOf, callRaw, chatBodyOf, type RawRequest, renderRequest, sendRaw } from "../support/raw-client.ts";
import { closeDesk } from "../support/trial-home.ts";
import { comes, sleep } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { countText, mibText, type Trial, type TrialOptions } from "../trial.ts";

/** Memory that ten thousand aborts may leave with the daemon. */
const LEFT_BYTES_MAX = 96 * 1024 * 1024;
/** The runtime keeps this many quiet connections to upstream. */
const POOLED_SOCKETS_MAX = 64 + 16;
const WIDTH = 48;
const WARM_UP = 200;
/** Turns are written together, after 50 ms. */
const WRITTEN_MS = 2_000;

interface Run extends Stage {
  readonly counts: { whole: number; left: number; foreign: number };
}

function requestOf(run: Run, index: number, rng: Rng): RawRequest {
  const text = `say ${canaryOf(index)}`;
  const stream = rng() < 0.8;
  const { key } = run.home;
  if (rng() < 0.3) return { path: "/v1/chat/completions", key, body: chatBodyOf(text, { stream }) };
  return { key, body: bodyOf(text, `session-${drawInteger(rng, 400)}`, { stream, store: rng() < 0.2 }) };
}

/** Leaves before its request is whole, after so many bytes of the answer, or after so long. */
async function askAndLeave(run: Run, index: number, rng: Rng): Promise<void> {
  const { daemon, counts, breaches } = run;
  const bytes = renderRequest(daemon.port, requestOf(run, index, rng));
  const sent = rng() < 0.08 ? bytes.subarray(0, drawInteger(rng, bytes.length)) : bytes;
  const leavesAtBytes = rng() < 0.5 ? drawInteger(rng, 4_000) : Number.POSITIVE_INFINITY;
  const call = sendRaw(daemon.port, sent, {
    onData: (open) => {
      if (open.bytes() > leavesAtBytes) open.abort();
    },
  });
  const patienceMs = rng() < 0.1 ? 5_000 : drawInteger(rng, 60);
  const isOver = await Promise.race([call.over.then(() => true), sleep(patienceMs).then(() => false)]);
  call.abort();
  if (isOver && call.text().includes("completed")) counts.whole += 1;
  else counts.left += 1;
  if (!holdsForeign(call.text(), index)) return;
  counts.foreign += 1;
  breaches.add(`client ${index} got what was another's`);
}

async function askMany(run: Run, from: number, count: number, seed: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      const index = next;
      next += 1;
      await askAndLeave(run, index, createSeededRng(seed * 100_003 + index));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}

/** Nobody is blamed for clients that leave, and every turn that upstream saw has its end in the book. */
async function checkBooks(run: Stage): Promise<number> {
  const { home, breaches } = run;
  const desk = await home.openDesk();
  const settings = desk.settings();
  const paused = settings
    .profiles()
    .filter((profile) => settings.accountState(profile.accountKey).cooldowns.length > 0);
  breaches.expect(paused.length === 0, `${paused.length} accounts were paused because clients left`);
  // The ends of the last turns are written down a moment later.
  const readTurns = () => desk.runtime("daemon").turnsSince(0, 100_000);
  const asked = home.sim.turnsOf().length;
  const isBooked = await comes(() => readTurns().length >= asked, WRITTEN_MS);
  const turns = readTurns();
  breaches.expect(isBooked, `${asked} turns were asked of upstream, and ${turns.length} are in the book`);
  closeDesk(desk);
  return turns.length;
}

async function checkAtRest(run: Stage, memoryBefore: number, descriptorsBefore: number) {
  const { home, daemon, breaches } = run;
  const isQuiet = await comes(() => home.sim.concurrency.now === 0, 10_000);
  breaches.expect(isQuiet, `upstream still works on ${home.sim.concurrency.now} turns`);
  const descriptorsMax = descriptorsBefore + POOLED_SOCKETS_MAX;
  await comes(() => daemon.descriptors() <= descriptorsMax, 10_000);
  const descriptors = daemon.descriptors();
  breaches.expect(descriptors <= descriptorsMax, `${descriptors} descriptors are open, ${descriptorsBefore} before`);
  const grown = daemon.memory().now - memoryBefore;
  breaches.expect(grown <= LEFT_BYTES_MAX, `memory grew by ${mibText(grown)}, ${mibText(LEFT_BYTES_MAX)} at most`);
  return { grown, descriptors };
}

async function run({ short, seed }: TrialOptions) {
  const count = short ? 120 : 10_000;
  return withDaemon({ accounts: 3 }, async (stage) => {
    const { home, daemon, breaches } = stage;
    echoCanaries(home.sim, 60);
    home.sim.script.pace({ headDelayMs: 3, eventDelayMs: 1 });
    const counts = { whole: 0, left: 0, foreign: 0 };
    const warmUp = { ...stage, counts: { ...counts } };
    await askMany(warmUp, 1_000_000, short ? WIDTH : WARM_UP, seed);
    await comes(() => home.sim.concurrency.now === 0, 5_000);
    const [memory, descriptors] = [daemon.memory().now, daemon.descriptors()];
    await askMany({ ...stage, counts }, 0, count, seed);
    const rest = await checkAtRest(stage, memory, descriptors);
    const last = await callRaw(daemon.port, { key: home.key, body: bodyOf(canaryOf(1), "after") });
    breaches.expect(last.text().includes("response.completed"), `the next client was not served: ${last.status()}`);
    const booked = await checkBooks(stage);
    return {
      name: "random aborts",
      tried: `${countText(count)} clients, ${WIDTH} at a time, seed ${seed}`,
      found: `${countText(counts.left)} left early, ${countText(booked)} turns in the book, ${counts.foreign} wrong deliveries, ${home.sim.concurrency.now} turns open upstream, ${rest.descriptors} descriptors (${descriptors} before), memory +${mibText(rest.grown)}`,
    };
  });
}

export const abortsTrial: Trial = { name: "random aborts", run };
