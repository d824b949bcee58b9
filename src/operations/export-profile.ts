/**
 * Writes the sign-in of an owned profile into an auth.json, for another program. Only on the owner's explicit wish, never
 * over a file that is there, and never without the warning that two owners of one sign-in log each other out.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { Type } from "typebox";
import { authJsonText } from "../accounts/auth-json-text.ts";
import { findProfile } from "./find-profile.ts";
import { type Desk, defineOperation, OperationError } from "./operation.ts";

export interface ExportedLogin {
  readonly name: string;
  /** Every secret of the sign-in. */
  readonly text: string;
  readonly warnings: readonly string[];
}

const SHARED =
  "The sign-in has two owners now. Each refresh token is good for one use, so whoever refreshes second is logged out: " +
  "let one of the two programs go on, and sign in anew for the other.";

/** The text of an auth.json. Throws `not-found`, or `usage` for a profile whose sign-in is another program's. */
export function exportLogin(desk: Pick<Desk, "settings">, name: string): ExportedLogin {
  const settings = desk.settings();
  const profile = findProfile(settings, name);
  if (profile.ownership === "linked") {
    const hint = `Copy that file itself: ${profile.linkPath ?? "it is no longer known"}`;
    throw new OperationError("usage", `Profile "${profile.name}" only reads another program's sign-in.`, hint);
  }
  const stored = settings.credential(profile.id);
  if (stored === null) throw new OperationError("failed", `Profile "${profile.name}" has no sign-in to export.`);
  const { credential } = stored;
  const isShared = credential.kind === "chatgpt" && credential.refreshToken !== null;
  const isOver = profile.signIn.state === "needed";
  return {
    name: profile.name,
    text: authJsonText(profile, credential),
    warnings: [...(isShared ? [SHARED] : []), ...(isOver ? ["Upstream no longer accepts this sign-in."] : [])],
  };
}

export const exportProfile = defineOperation({
  name: "profile.export",
  summary: "Write a profile's sign-in to an auth.json",
  input: Type.Object({ name: Type.String({ minLength: 1 }), to: Type.String({ minLength: 1 }) }),
  output: Type.Object({
    name: Type.String(),
    path: Type.String(),
    warnings: Type.Array(Type.String()),
    untouched: Type.String(),
  }),
  changes: true,
  terminalOnly: true,
  run(desk, input) {
    const { name, text, warnings } = exportLogin(desk, input.name);
    const path = resolve(input.to);
    writeNewFile(path, text);
    return { name, path, warnings: [...warnings], untouched: "The profile stays as it is and goes on refreshing." };
  },
});

/** Exclusive, so that neither a file nor a link that somebody has laid there is followed or replaced. */
function writeNewFile(path: string, text: string): void {
  const descriptor = openNewFile(path);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw new OperationError("failed", `${path} could not be written (${codeOf(error)}).`, "Check the disk.");
  } finally {
    closeSync(descriptor);
  }
}

function openNewFile(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") {
      throw new OperationError("conflict", `${path} is there already.`, "Choose another file, or move it away first.");
    }
    throw new OperationError("failed", `${path} could not be made (${code}).`, "Check that its folder is there.");
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
