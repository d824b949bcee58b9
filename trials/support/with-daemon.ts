/** A daemon for one trial: started, put to the question, stopped, and everything it left removed. */
import { Breaches, type TrialRow } from "../trial.ts";
import { type Daemon, type DaemonOptions, startDaemon } from "./daemon.ts";
import { openTrialHome, type TrialHome, type TrialHomeOptions } from "./trial-home.ts";

export interface Stage {
  readonly home: TrialHome;
  readonly daemon: Daemon;
  readonly breaches: Breaches;
}

/** What a trial tells beside its breaches. */
export type Told = Omit<TrialRow, "breaches">;

/** A bug of ours leaves such a line. */
const BUG = /\berror\b.*(?:\n\s+at )|unhandled|panic|Segmentation/i;

/** Runs `question` on a fresh daemon, which must end well and must not have met a bug of its own. */
export async function withDaemon(
  options: TrialHomeOptions & {
    readonly daemon?: DaemonOptions;
    /** Whether lines of the log that look like a bug are to be expected, as when the store fails. */
    readonly mayComplain?: boolean;
  },
  question: (stage: Stage) => Promise<Told>,
): Promise<TrialRow> {
  const breaches = new Breaches();
  const home = await openTrialHome(options);
  try {
    const daemon = await startDaemon(home, options.daemon);
    try {
      const told = await question({ home, daemon, breaches });
      breaches.expect(daemon.isAlive(), `the daemon died: ${daemon.said().slice(-1_000)}`);
      const exitCode = await daemon.stop();
      breaches.expect(exitCode === 0, `the daemon ended with ${exitCode}`);
      const bug = options.mayComplain === true ? null : BUG.exec(daemon.said());
      if (bug !== null) breaches.add(`it met a bug of its own: ${daemon.said().slice(bug.index, bug.index + 500)}`);
      return { ...told, breaches: breaches.list() };
    } finally {
      if (daemon.isAlive()) await daemon.kill();
    }
  } finally {
    await home.remove();
  }
}
