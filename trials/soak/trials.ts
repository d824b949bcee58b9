/** Time: does anything grow that should not? */
import { statSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../../src/limits.ts";
import type { Desk } from "../../src/operations/operation.ts";
import { askMany } from "../support/ask-many.ts";
import { echoCanaries } from "../support/canaries.ts";
import type { Daemon } from "../support/daemon.ts";
import { closeDesk } from "../support/trial-home.ts";
import { comes, sleep } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { countText, mibText, type Trial, type TrialOptions } from "../trial.ts";
import { startMisfortunes } from "./misfortunes.ts";
import { type Counts, startTraffic } from "./traffic.ts";

const MINUTE_MS = 60_000;
const USUAL_MINUTES = 60;
const SHORT_MS = 3_000;
const WIDTH = 12;
/** What the median of the last quarter may lie above that of the second. */
const GROWTH_BYTES_MAX = 48 * 1024 * 1024;
const MEMORY_BYTES_MAX = 400 * 1024 * 1024;
/** Quiet connections that the runtime keeps to upstream. */
const POOLED_SOCKETS_MAX = 64 + 16;
/** A journal is cut back to 16 MiB when it has been taken over. */
const JOURNAL_BYTES_MAX = 32 * 1024 * 1024;
const FILES = ["settings.sqlite", "daemon.sqlite"];

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Grows by one with every token that was renewed and written down. */
function generationsOf(desk: Desk): number {
  const settings = desk.settings();
  return settings.profiles().reduce((sum, profile) => sum + (settings.generation(profile.id) ?? 0), 0);
}

async function watchMemory(daemon: Daemon, lastsMs: number, say: (text: string) => void): Promise<readonly number[]> {
  const samples: number[] = [];
  const everyMs = Math.min(5_000, lastsMs / 40);
  const endsAt = performance.now() + lastsMs;
  while (performance.now() < endsAt) {
    await sleep(everyMs);
    samples.push(daemon.memory().now);
    if (samples.length % 24 === 0) say(`  ${mibText(samples.at(-1) ?? 0)}, ${daemon.descriptors()} descriptors`);
  }
  return samples;
}

function checkMemory({ breaches }: Stage, samples: readonly number[], short: boolean): string {
  const quarter = Math.floor(samples.length / 4);
  const early = median(samples.slice(quarter, 2 * quarter));
  const late = median(samples.slice(3 * quarter));
  // Seconds are too short to tell growth from warming up.
  if (!short) breaches.expect(late - early <= GROWTH_BYTES_MAX, `memory grew by ${mibText(late - early)}`);
  breaches.expect(Math.max(...samples) <= MEMORY_BYTES_MAX, `memory reached ${mibText(Math.max(...samples))}`);
  return `memory ${mibText(early)} in the second quarter, ${mibText(late)} in the last, ${mibText(Math.max(...samples))} at most`;
}

function checkFiles({ home, breaches }: Stage): string {
  const sizeOf = (name: string) => statSync(join(home.path, name), { throwIfNoEntry: false })?.size ?? 0;
  const bytesMax = LIMITS.turnLogBytesMax + LIMITS.storedResponsesBytesMax;
  for (const name of FILES) {
    breaches.expect(sizeOf(name) <= bytesMax, `${name} has ${mibText(sizeOf(name))}`);
    breaches.expect(
      sizeOf(`${name}-wal`) <= JOURNAL_BYTES_MAX,
      `the journal of ${name} has ${mibText(sizeOf(`${name}-wal`))}`,
    );
  }
  return FILES.map((name) => `${name} ${mibText(sizeOf(name))}`).join(", ");
}

async function checkAtRest(stage: Stage, descriptorsBefore: number): Promise<number> {
  const { home, daemon, breaches } = stage;
  const isQuiet = await comes(() => home.sim.concurrency.now === 0, 10_000);
  breaches.expect(isQuiet, `upstream still works on ${home.sim.concurrency.now} turns`);
  const descriptorsMax = descriptorsBefore + POOLED_SOCKETS_MAX;
  await comes(() => daemon.descriptors() <= descriptorsMax, 10_000);
  breaches.expect(
    daemon.descriptors() <= descriptorsMax,
    `${daemon.descriptors()} descriptors, ${descriptorsBefore} before`,
  );
  const after = await askMany(daemon.port, home.key, "after", 12, 4);
  breaches.expect(after.served === 12, `at the end ${after.served} of 12 were served: ${after.refusals[0]}`);
  return daemon.descriptors();
}

/** Which states of the pool the refusals named, the most frequent first. */
function codesText({ codes }: Counts): string {
  const parts = [...codes].toSorted((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

async function run({ short, seed, minutes, say }: TrialOptions) {
  const lastsMs = short ? SHORT_MS : (minutes ?? USUAL_MINUTES) * MINUTE_MS;
  // Tokens are due half a minute after they were issued: they rotate all the time.
  const simulator = { accessTokenTtlMs: LIMITS.refreshLeadMs + MINUTE_MS / 2, requestsMax: 5_000 };
  return withDaemon({ accounts: 4, simulator }, async (stage) => {
    const { home, daemon, breaches } = stage;
    echoCanaries(home.sim, 30);
    home.sim.script.pace({ headDelayMs: 5, eventDelayMs: 2 });
    await askMany(daemon.port, home.key, "warm", 20, 4);
    const descriptors = daemon.descriptors();
    const counts: Counts = {
      asked: 0,
      served: 0,
      left: 0,
      refused: 0,
      codes: new Map(),
      refusedWithRoom: 0,
      cut: 0,
      foreign: 0,
    };
    const desk = await home.openDesk();
    const generationsBefore = generationsOf(desk);
    const misfortunes = startMisfortunes(stage, desk, seed);
    const traffic = startTraffic(stage, counts, WIDTH, seed);
    const samples = await watchMemory(daemon, lastsMs, say);
    await traffic.stop();
    const befallen = await misfortunes.stop();
    const lost = desk
      .settings()
      .profiles()
      .filter((profile) => profile.signIn.state !== "ok");
    breaches.expect(lost.length === 0, `${lost.length} sign-ins were lost: ${lost[0]?.signIn.state}`);
    const rotations = generationsOf(desk) - generationsBefore;
    closeDesk(desk);
    const memory = checkMemory(stage, samples, short);
    const after = await checkAtRest(stage, descriptors);
    return {
      name: "soak",
      tried: `${short ? `${SHORT_MS / 1_000} s` : `${Math.round(lastsMs / MINUTE_MS)} min`}, ${countText(counts.asked)} requests, ${befallen} misfortunes, ${rotations} token rotations, seed ${seed}`,
      found: `${countText(counts.served)} served, ${countText(counts.left)} left, ${counts.refused} refused and ${counts.cut} cut as told${codesText(counts)}; ${counts.refusedWithRoom} refused while an account stood by untried; ${counts.foreign} wrong deliveries; ${memory}; ${after} descriptors (${descriptors} before); ${checkFiles(stage)}`,
    };
  });
}

export const soakTrials: readonly Trial[] = [{ name: "soak", run }];
