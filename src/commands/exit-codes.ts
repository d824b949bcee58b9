/** Exit codes that scripts hold on to. */
import type { OperationErrorCode } from "../operations/operation.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_NOT_RUNNING = 3;

export const EXIT_CODES: Readonly<Record<OperationErrorCode, number>> = {
  failed: EXIT_FAILED,
  usage: 2,
  cancelled: 2,
  "not-running": EXIT_NOT_RUNNING,
  "sign-in-needed": 4,
  "not-found": 5,
  conflict: 6,
};
