/** Ends the daemon and answers when it is gone: what `stop` and `restart` have in common. */
import { type Ending, endProcess } from "../../daemon/end-process.ts";
import type { Sighting } from "../../daemon/find-runtime.ts";
import { LIMITS } from "../../limits.ts";
import { type Desk, OperationError } from "../../operations/operation.ts";
import type { CommandIo } from "../command-io.ts";
import { findDaemon } from "./daemon-report.ts";

export interface Stopped {
  readonly before: Sighting;
  /** Null when there was nothing to stop. */
  readonly ending: Ending | null;
}

const KILL_WAIT_MS = 2_000;

/** Throws `failed` when the system does not let us end the process. */
export async function stopDaemon(io: CommandIo, desk: Desk): Promise<Stopped> {
  const before = await findDaemon(io, desk, null);
  if (before.kind !== "running" && before.kind !== "silent") return { before, ending: null };
  const ending = await endProcess(before.pid, LIMITS.stopWaitMs, KILL_WAIT_MS);
  if (ending === "stays") {
    throw new OperationError(
      "failed",
      `The daemon (pid ${before.pid}) could not be ended.`,
      "It may belong to another user.",
    );
  }
  return { before, ending };
}
