/** A disk that is full, and a home that cannot be written to: clients are served, and nothing that was there is lost. */
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askMany } from "../support/ask-many.ts";
import { DaemonEnded, startDaemon } from "../support/daemon.ts";
import { callRaw } from "../support/raw-client.ts";
import { closeDesk, openTrialHome } from "../support/trial-home.ts";
import { comes } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import { Breaches, type Trial, type TrialOptions } from "../trial.ts";

const ACCOUNTS = 3;

/** A way to fill a disk, and to free it again while the daemon runs. */
interface Filling {
  readonly fill: (stage: Stage) => void;
  readonly free: (stage: Stage) => void;
}

function runOrThrow(words: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...words]);
  if (exitCode !== 0) throw new Error(`${words.join(" ")}: ${stderr.toString()}`);
}

/** No file of this process may grow; needs no rights of any kind. */
const BY_LIMIT: Filling = {
  fill: ({ daemon }) => runOrThrow(["prlimit", `--pid=${daemon.pid}`, "--fsize=1:unlimited"]),
  free: ({ daemon }) => runOrThrow(["prlimit", `--pid=${daemon.pid}`, "--fsize=unlimited:unlimited"]),
};

function byBallast(folder: string): Filling {
  const ballast = join(folder, "ballast");
  return {
    fill: () => {
      const file = openSync(ballast, "w");
      try {
        for (const size of [65_536, 4_096, 512]) writeUntilFull(file, size);
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast),
  };
}

function writeUntilFull(file: number, size: number): void {
  const bytes = new Uint8Array(size);
  for (;;) {
    try {
      if (writeSync(file, bytes) < size) return;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOSPC") return;
      throw error;
    }
  }
}

async function runFull({ short }: TrialOptions, stage: Stage, filling: Filling) {
  const { home, daemon, breaches } = stage;
  const count = short ? 12 : 120;
  home.sim.reply("served");
  await askMany(daemon.port, home.key, "before", 8, 4);
  filling.fill(stage);
  home.account(0).expireAccessTokens();
  const full = await askMany(daemon.port, home.key, "full", count, 4);
  breaches.expect(
    full.served === count,
    `with a full disk ${full.served} of ${count} were served: ${full.refusals[0]}`,
  );
  const models = await callRaw(daemon.port, { method: "GET", path: "/v1/models", key: home.key });
  breaches.expect(models.status() === 200, `with a full disk the list of models is ${models.status()}`);
  filling.free(stage);
  const desk = await home.openDesk();
  const turnsBefore = desk.runtime("daemon").turnsSince(0, 100_000).length;
  const after = await askMany(daemon.port, home.key, "after", 12, 4);
  breaches.expect(after.served === 12, `with room again ${after.served} of 12 were served: ${after.refusals[0]}`);
  const isBooked = await comes(() => desk.runtime("daemon").turnsSince(0, 100_000).length >= turnsBefore + 12, 5_000);
  breaches.expect(isBooked, "with room again turns are not written down");
  const settings = desk.settings();
  const lost = settings
    .profiles()
    .filter((profile) => profile.signIn.state !== "ok" || settings.credential(profile.id) === null);
  breaches.expect(lost.length === 0 && settings.profiles().length === ACCOUNTS, `${lost.length} sign-ins were lost`);
  breaches.expect(desk.runtime("daemon").damage().length + settings.damage().length === 0, "a file is damaged");
  closeDesk(desk);
  return `${full.served} of ${count} served while full; once freed, books and sign-ins whole`;
}

const limitTrial: Trial = {
  name: "disk full",
  run: (options) =>
    withDaemon({ accounts: ACCOUNTS, mayComplain: true }, async (stage) => ({
      name: "disk full",
      tried: "no file may grow any more, a token expires meanwhile, then room again",
      found: await runFull(options, stage, BY_LIMIT),
    })),
};

/** A file system of its own, where this machine lets us make one; else the limit stands in again. */
const ownDiskTrial: Trial = {
  name: "disk full, ENOSPC",
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), "codexuse-disk-"));
    const isMounted =
      Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder]).exitCode === 0;
    try {
      return await withDaemon(
        { accounts: ACCOUNTS, mayComplain: true, ...(isMounted ? { path: folder } : {}) },
        async (stage) => ({
          name: "disk full, ENOSPC",
          tried: isMounted
            ? "a file system of 4 MiB, filled to the last byte"
            : "no right to mount: a limit on file size",
          found: await runFull(options, stage, isMounted ? byBallast(folder) : BY_LIMIT),
        }),
      );
    } finally {
      if (isMounted) Bun.spawnSync(["umount", "-l", folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const NOBODY = 65_534;

function changeAll(folder: string, change: (path: string) => void): void {
  for (const name of readdirSync(folder)) change(join(folder, name));
  change(folder);
}

/** Rights do not bind root, so root lends its place to nobody. */
const readOnlyTrial: Trial = {
  name: "read-only home",
  async run() {
    const breaches = new Breaches();
    const home = await openTrialHome({ accounts: 1 });
    const isRoot = process.getuid?.() === 0;
    const prefix = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
    try {
      if (isRoot) {
        chownSync(join(home.path, ".."), NOBODY, NOBODY);
        changeAll(home.path, (path) => chownSync(path, NOBODY, NOBODY));
      }
      changeAll(home.path, (path) => chmodSync(path, path === home.path ? 0o500 : 0o400));
      const ended = await startDaemon(home, { prefix }).catch((error: unknown) => error);
      const said = ended instanceof DaemonEnded ? ended.said : "it started";
      breaches.expect(ended instanceof DaemonEnded && ended.exitCode === 1, `it did not end with 1: ${said}`);
      breaches.expect(/not writable/.test(said) && !/\n\s+at /.test(said), `it does not say what is wrong: ${said}`);
      changeAll(home.path, (path) => chmodSync(path, path === home.path ? 0o700 : 0o600));
      const daemon = await startDaemon(home, { prefix });
      const asked = await askMany(daemon.port, home.key, "after", 4, 2);
      breaches.expect(asked.served === 4, `writable again, ${asked.served} of 4 were served: ${asked.refusals[0]}`);
      await daemon.stop();
    } finally {
      await home.remove();
    }
    return {
      name: "read-only home",
      tried: `a start in it${isRoot ? ", as nobody" : ""}, then writable again`,
      found: "ends with 1 and says what to do; then serves with the same key",
      breaches: breaches.list(),
    };
  },
};

export const diskTrials: readonly Trial[] = [limitTrial, ownDiskTrial, readOnlyTrial];
