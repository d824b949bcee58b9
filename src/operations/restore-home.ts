/** Puts a backup in the place of the home, whole or not at all. No runtime may serve the home meanwhile. */
import { resolve } from "node:path";
import { Type } from "typebox";
import { type Desk, defineOperation, OperationError } from "./operation.ts";
import { nullable, WireTime } from "./shapes.ts";

type Done = Extract<ReturnType<Desk["restore"]>, { kind: "done" }>;

function hintOf({ locked, manifest }: Done, home: string): string {
  if (locked === 0) return "Start the daemon: codexuse daemon start";
  const which = `${locked} sign-in${locked === 1 ? " is" : "s are"} encrypted with the master key ${manifest.keyId ?? ""}`;
  const where =
    manifest.key === null
      ? `Put the master.key of the old home into ${home}.`
      : "It is in this backup: restore again with --force and --passphrase.";
  return `${which}, which is not here. ${where} Or sign in again: codexuse profile refresh <name>`;
}

export const restoreHome = defineOperation({
  name: "restore",
  summary: "Put a backup in the place of this home",
  input: Type.Object({
    from: Type.String({ minLength: 1 }),
    force: Type.Boolean(),
    passphrase: nullable(Type.String()),
  }),
  output: Type.Object({
    home: Type.String(),
    from: Type.String(),
    made_at: WireTime,
    version: Type.String(),
    files: Type.Array(Type.String()),
    /** Where the old files are now; null when there were none. */
    aside: nullable(Type.String()),
    sign_ins: Type.Number(),
    /** Those that no master key at hand opens. */
    locked_sign_ins: Type.Number(),
    hint: Type.String(),
  }),
  changes: true,
  terminalOnly: true,
  run(desk, { from, force, passphrase }) {
    const path = resolve(from);
    const result = desk.restore({ from: path, force, passphrase });
    if (result.kind === "taken") {
      const hint = "Its files are kept aside when you replace them: --force";
      throw new OperationError("conflict", `The home ${desk.home} is in use.`, hint);
    }
    const { madeAt, version, parts } = result.manifest;
    return {
      home: desk.home,
      from: path,
      made_at: madeAt,
      version,
      files: parts.map(({ name }) => name),
      aside: result.aside,
      sign_ins: result.signIns,
      locked_sign_ins: result.locked,
      hint: hintOf(result, desk.home),
    };
  },
});
