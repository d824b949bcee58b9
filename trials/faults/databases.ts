/** Databases that somebody else holds, or that are no databases any more. */
import { Database } from "bun:sqlite";
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../../src/limits.ts";
import { askMany } from "../support/ask-many.ts";
import { DaemonEnded, startDaemon } from "../support/daemon.ts";
import { callRaw } from "../support/raw-client.ts";
import { openTrialHome } from "../support/trial-home.ts";
import { sleep } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { Breaches, type Trial, type TrialOptions } from "../trial.ts";

const FILES = ["settings.sqlite", "daemon.sqlite"] as const;
/** Nothing on the way of a turn waits for the lock but briefly; a single patient call would take this long. */
const LOCKED_TURN_MS_MAX = LIMITS.sqliteBusyMs;

/** Holds the write lock of a file until told to let go. */
function lock(path: string): () => void {
  const database = new Database(path);
  database.run("PRAGMA busy_timeout = 5000");
  database.run("BEGIN IMMEDIATE");
  return () => {
    database.run("ROLLBACK");
    database.close();
  };
}

/** Asks while the file is held, for so long or until the last answer. Answers the slowest turn. */
async function askWhileLocked({ home, daemon, breaches }: Stage, file: string, heldMs: number | null): Promise<number> {
  const count = heldMs === null ? 3 : 8;
  const held = heldMs === null ? "for good" : `${heldMs} ms`;
  const unlock = lock(join(home.path, file));
  // Somebody has to be paused meanwhile, too.
  home.account(0).script.fail("rate-limit-try-again-in");
  const asking = askMany(daemon.port, home.key, `${file}-${held}`, count, 2);
  await (heldMs === null ? asking : sleep(heldMs));
  unlock();
  const { served, slowestMs, refusals } = await asking;
  breaches.expect(served === count, `${file} held ${held}: ${served} of ${count} served: ${refusals[0]}`);
  breaches.expect(slowestMs < LOCKED_TURN_MS_MAX, `${file} held ${held}: a turn took ${slowestMs} ms`);
  return slowestMs;
}

const lockedTrial: Trial = {
  name: "locked database",
  run: ({ short }: TrialOptions) =>
    withDaemon({ accounts: 2, mayComplain: true }, async (stage) => {
      const { home, daemon, breaches } = stage;
      home.sim.reply("served");
      const told: string[] = [];
      for (const file of FILES) {
        for (const heldMs of short ? [300] : [300, 3_000, null]) {
          const slowestMs = await askWhileLocked(stage, file, heldMs);
          if (heldMs === null) told.push(`${file} ${(slowestMs / 1_000).toFixed(2)} s`);
        }
      }
      const after = await askMany(daemon.port, home.key, "after", 4, 2);
      breaches.expect(after.served === 4, `afterwards ${after.served} of 4 were served`);
      const slowest = told.length === 0 ? "" : `; slowest turn while held for good: ${told.join(", ")}`;
      return {
        name: "locked database",
        tried: `each file held by another process${short ? " for 300 ms" : " for 0.3 s, 3 s and for good"}, an account rate limited meanwhile`,
        found: `every turn served${slowest}`,
      };
    }),
};

async function startOnDamaged(file: string, damage: (path: string) => void, breaches: Breaches, how: string) {
  const home = await openTrialHome({ accounts: 1 });
  try {
    const path = join(home.path, file);
    const whole = readFileSync(path);
    damage(path);
    const before = readFileSync(path);
    const ended = await startDaemon(home).catch((error: unknown) => error);
    if (ended instanceof DaemonEnded) {
      breaches.expect(
        ended.exitCode === 1 && !/\n\s+at /.test(ended.said),
        `${file} ${how}: ended with ${ended.exitCode}: ${ended.said}`,
      );
      breaches.expect(/damaged|not a codexuse file/.test(ended.said), `${file} ${how}: it says ${ended.said}`);
      breaches.expect(readFileSync(path).equals(before), `${file} ${how}: it changed the file`);
    } else if (ended instanceof Error) throw ended;
    else breaches.add(`${file} ${how}: it started`);
    writeFileSync(path, whole);
    const daemon = await startDaemon(home);
    const asked = await askMany(daemon.port, home.key, "after", 2, 1);
    breaches.expect(
      asked.served === 2,
      `${file} ${how}: put back, ${asked.served} of 2 were served: ${asked.refusals[0]}`,
    );
    await daemon.stop();
  } finally {
    await home.remove();
  }
}

const corruptStartTrial: Trial = {
  name: "corrupt database, start",
  async run({ short }) {
    const breaches = new Breaches();
    const damages: readonly (readonly [string, (path: string) => void])[] = [
      ["is noise", (path) => writeFileSync(path, Buffer.alloc(40_960, 0xa5))],
      ["lost its head", (path) => overwrite(path, 0, Buffer.alloc(100, 0xff))],
      ["lost its first page", (path) => overwrite(path, 100, Buffer.alloc(3_900, 0x5a))],
    ];
    for (const [how, damage] of short ? damages.slice(0, 1) : damages) {
      for (const file of short ? FILES.slice(0, 1) : FILES) await startOnDamaged(file, damage, breaches, how);
    }
    return {
      name: "corrupt database, start",
      tried: short ? "one file of noise" : `${damages.length} kinds of damage to each file`,
      found: "ends with 1, says which file and what to do, leaves it as it is; serves when it is put back",
      breaches: breaches.list(),
    };
  },
};

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, bytes, 0, bytes.length, at);
  } finally {
    closeSync(file);
  }
}

const corruptRunningTrial: Trial = {
  name: "corrupt database, serving",
  run: () =>
    withDaemon({ accounts: 2, mayComplain: true }, async ({ home, daemon, breaches }) => {
      home.sim.reply("served");
      await askMany(daemon.port, home.key, "before", 40, 4);
      const path = join(home.path, "daemon.sqlite");
      const checkpoint = new Database(path);
      checkpoint.run("PRAGMA wal_checkpoint(TRUNCATE)");
      checkpoint.close();
      const { size } = statSync(path);
      for (let at = 8_192; at + 512 < size; at += 4_096) overwrite(path, at + 1_024, Buffer.alloc(512, 0x5a));
      const asked = await askMany(daemon.port, home.key, "damaged", 20, 4);
      const health = await callRaw(daemon.port, { method: "GET", path: "/healthz", key: null });
      breaches.expect(health.status() === 200, `health is ${health.status()}`);
      breaches.expect(home.sim.concurrency.now === 0, "upstream still works on turns");
      const isAnswered = asked.refusals.every((refusal) => /^5\d\d /.test(refusal) && refusal.includes('"error"'));
      breaches.expect(
        isAnswered,
        `a turn ended in no answer: ${asked.refusals.find((text) => !text.includes('"error"'))}`,
      );
      return {
        name: "corrupt database, serving",
        tried: "half of every page of daemon.sqlite overwritten under a serving daemon, 20 turns",
        found: `${asked.served} served, ${asked.refusals.length} refused with an error, 0 crashes`,
      };
    }),
};

export const databaseTrials: readonly Trial[] = [lockedTrial, corruptStartTrial, corruptRunningTrial];
