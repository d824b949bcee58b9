/** Asks before something that cannot be taken back. */
import { OperationError } from "../operations/operation.ts";
import type { CommandIo } from "./command-io.ts";

export const YES_ARGUMENT = { type: "boolean", alias: "y", description: "Do it without asking" } as const;

/** Throws `cancelled` on a no, and `usage` where nobody can be asked. */
export async function confirmChange(
  io: CommandIo,
  question: string,
  given: { readonly yes?: boolean | undefined; readonly json?: boolean | undefined },
): Promise<void> {
  if (given.yes === true) return;
  if (given.json === true || !io.stdin.isTty || !io.stderr.isTty) {
    throw new OperationError("usage", "This cannot be taken back, and there is nobody to ask.", "Add --yes to do it.");
  }
  if (!(await io.confirm(question))) throw new OperationError("cancelled", "Nothing was changed.");
}
