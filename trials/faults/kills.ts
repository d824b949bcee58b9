/** `kill -9` in the middle of everything, again and again: what was there is there, and the next process goes on. */
import { LIMITS } from "../../src/limits.ts";
import type { RuntimeStore } from "../../src/ports.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import { askMany } from "../support/ask-many.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { bodyOf, renderRequest, sendRaw } from "../support/raw-client.ts";
import { closeDesk, openTrialHome, type TrialHome } from "../support/trial-home.ts";
import { comes, sleep, watchLateness } from "../support/wait-for.ts";
import { Breaches, countText, type Trial, type TrialOptions } from "../trial.ts";

const ACCOUNTS = 3;
const OPEN_TURNS = 12;
/**
 * What sessions and turns left behind must be there when it is older than the gather time, and than what makes a timer
 * late: the runtime's own work, which holds its loop for this long at most (a runtime just started still compiles), and a
 * machine that others use. How long that one keeps a process waiting is measured beside the daemon, on the trial's own loop.
 */
const WORK_MS_MAX = 100;
const PAUSE_MS = 7 * 24 * 3_600_000;

/** What a client was told, and what has to be true of it for ever. */
interface Promised {
  /** Sessions that got a whole answer, and when they got the first one. */
  readonly sessions: Map<string, number>;
  /** Turns that were answered whole, and when. */
  readonly turns: Map<string, number>;
  /** Responses that were to be stored and were answered whole. */
  readonly responses: Set<string>;
}

interface Kill {
  readonly atMs: number;
  /** What was left behind this long before must be there. */
  readonly writtenMs: number;
}

function openCounts(): Counts {
  return {
    ...{ kills: 0, cut: 0, missing: 0, missingTurns: 0, oldestMs: 0, windows: 0 },
  };
}

/** Keeps turns open until the process is gone. */
function keepAsking(home: TrialHome, daemon: Daemon, round: number, promised: Promised): { stop(): Promise<number> } {
  let isOver = false;
  let whole = 0;
  const worker = async (lane: number): Promise<void> => {
    for (let turn = 0; !isOver && daemon.isAlive(); turn += 1) {
      const session = `kill-${round}-${lane}-${turn % 2}`;
      const [store, stream] = [lane % 3 === 0, lane % 4 !== 0];
      const body = bodyOf(`turn ${turn}`, session, { store, stream });
      const call = sendRaw(daemon.port, renderRequest(daemon.port, { key: home.key, body }));
      await call.over;
      const id = /x-codexuse-session: (\S+)/i.exec(call.text())?.[1];
      // Items are completed one after another; of a stream the last event counts.
      const isWhole = call.text().includes(stream ? '"type":"response.completed"' : '"completed"');
      if (!isWhole || id === undefined) continue;
      whole += 1;
      const atMs = performance.now();
      if (!promised.sessions.has(id)) promised.sessions.set(id, atMs);
      promised.turns.set(/x-codexuse-turn: (\S+)/i.exec(call.text())?.[1] ?? "unnamed", atMs);
      if (store) promised.responses.add(/"id":"(resp_[^"]+)"/.exec(call.text())?.[1] ?? "unnamed");
    }
  };
  const workers = Promise.all(Array.from({ length: OPEN_TURNS }, (_, lane) => worker(lane)));
  return {
    stop: async () => {
      isOver = true;
      await workers;
      return whole;
    },
  };
}

interface Counts {
  kills: number;
  cut: number;
  missing: number;
  missingTurns: number;
  /** Of what was missing, the oldest. */
  oldestMs: number;
  windows: number;
}

/** Looks at the files while no process serves. */
async function checkFiles(
  home: TrialHome,
  promised: Promised,
  kill: Kill,
  breaches: Breaches,
  counts: Counts,
  where: string,
) {
  const desk = await home.openDesk();
  const [settings, runtime] = [desk.settings(), desk.runtime("daemon")];
  breaches.expect(settings.damage().length + runtime.damage().length === 0, `${where}: a file is damaged`);
  breaches.expect(runtime.keys().filter((key) => key.revokedAtMs === null).length === 1, `${where}: the key is gone`);
  const profiles = settings.profiles();
  breaches.expect(profiles.length === ACCOUNTS, `${where}: ${profiles.length} profiles are left`);
  for (const profile of profiles) {
    breaches.expect(settings.credential(profile.id) !== null, `${where}: ${profile.name} lost its credential`);
    if (profile.signIn.state === "needed") counts.windows += 1;
  }
  const [paused] = profiles.filter((profile) => profile.name === "account-3");
  const isPaused = settings
    .accountState(paused?.accountKey ?? "")
    .cooldowns.some((cooldown) => cooldown.untilMs > Date.now());
  breaches.expect(isPaused, `${where}: a cooldown is gone`);
  checkGathered(runtime, promised, kill, breaches, counts, where);
  closeDesk(desk);
}

/** Sessions and turns may miss the last moment, stored responses nothing. */
function checkGathered(
  runtime: RuntimeStore,
  promised: Promised,
  kill: Kill,
  breaches: Breaches,
  counts: Counts,
  where: string,
): void {
  const judgeMissing = (what: string, atMs: number) => {
    const ageMs = kill.atMs - atMs;
    counts.oldestMs = Math.max(counts.oldestMs, ageMs);
    const allowed = `${Math.round(kill.writtenMs)} ms are allowed`;
    breaches.expect(ageMs < kill.writtenMs, `${where}: ${what} is gone, ${Math.round(ageMs)} ms old; ${allowed}`);
  };
  for (const [id, atMs] of promised.sessions) {
    if (runtime.session(id) !== null) continue;
    counts.missing += 1;
    // Once is enough; what is there must be there after every further kill.
    promised.sessions.delete(id);
    judgeMissing(`session ${id}`, atMs);
  }
  for (const [id, atMs] of promised.turns) {
    if (runtime.turn(id) !== null) continue;
    counts.missingTurns += 1;
    promised.turns.delete(id);
    judgeMissing(`turn ${id}`, atMs);
  }
  const [key] = runtime.keys();
  for (const id of promised.responses) {
    const isThere = runtime.responseText(key?.id ?? "", id, 0) !== null;
    breaches.expect(isThere, `${where}: the stored response ${id} is gone`);
  }
}

async function run({ short, seed, say }: TrialOptions) {
  const kills = short ? 1 : 40;
  const rng = createSeededRng(seed);
  const breaches = new Breaches();
  const counts = openCounts();
  const promised: Promised = { sessions: new Map(), turns: new Map(), responses: new Set() };
  // Tokens that are always due: refreshes are under way all the time.
  const home = await openTrialHome({ accounts: ACCOUNTS, simulator: { accessTokenTtlMs: 240_000 } });
  try {
    home.sim.script.pace({ headDelayMs: 4, eventDelayMs: 4 });
    home.account(2).script.fail("usage-limit", { times: "always" });
    home.account(2).setUsed(100);
    home.account(2).setUsed(100, "secondary");
    await pauseAccount(home, "account-3");
    for (let round = 0; round < kills; round += 1) {
      const where = `kill ${round}`;
      const daemon = await startDaemon(home);
      const lateness = watchLateness();
      const asking = keepAsking(home, daemon, round, promised);
      await sleep(50 + drawInteger(rng, short ? 300 : 1_500));
      const open = home.sim.concurrency.now;
      const writtenMs = LIMITS.afterwardsMs + LIMITS.gatherWritesMs + WORK_MS_MAX + lateness.stop();
      // The signal ends its work at once; until the system is done with the process may take much longer.
      const killedAt = performance.now();
      await daemon.kill();
      await asking.stop();
      counts.kills += 1;
      counts.cut += open;
      const isQuiet = await comes(() => home.sim.concurrency.now === 0, 3_000);
      breaches.expect(isQuiet, `${where}: upstream still works on ${home.sim.concurrency.now} turns`);
      await checkFiles(home, promised, { atMs: killedAt, writtenMs }, breaches, counts, where);
      if (round % 10 === 9) say(`  ${round + 1} kills`);
    }
    const daemon = await startDaemon(home);
    const after = await askMany(daemon.port, home.key, "after", 12, 4);
    breaches.expect(after.served === 12, `at the end ${after.served} of 12 were served: ${after.refusals[0]}`);
    breaches.expect((await daemon.stop()) === 0, "the last daemon did not stop well");
    const reused = home.sim.violations.filter((violation) => violation.kind !== "refresh-token-reused");
    for (const violation of reused) breaches.add(`${violation.kind}: ${violation.note}`);
  } finally {
    await home.remove();
  }
  return {
    name: "kill -9",
    tried: `${counts.kills} kills of a serving daemon, seed ${seed}`,
    found: `${countText(counts.cut)} turns cut; 0 keys, profiles, credentials or cooldowns lost; of ${countText(promised.responses.size)} stored responses none, of ${countText(promised.sessions.size + counts.missing)} sessions ${counts.missing} and of ${countText(promised.turns.size + counts.missingTurns)} turn records ${counts.missingTurns}, ${Math.round(counts.oldestMs)} ms old at most; ${counts.windows} sign-ins lost to an exchange cut between answer and write`,
    breaches: breaches.list(),
  };
}

/** As if upstream had said that it is out of quota for a week. */
async function pauseAccount(home: TrialHome, name: string): Promise<void> {
  const desk = await home.openDesk();
  const settings = desk.settings();
  const profile = settings.profileNamed(name);
  const nowMs = Date.now();
  settings.setCooldown(profile?.accountKey ?? "", {
    model: null,
    reason: "usage-limit",
    sinceMs: nowMs,
    untilMs: nowMs + PAUSE_MS,
    untilSource: "upstream",
    strikes: 1,
  });
  closeDesk(desk);
}

export const killsTrial: Trial = { name: "kill -9", run };
