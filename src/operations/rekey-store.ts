/** Encrypts every saved sign-in anew, with a new master key. */
import { Type } from "typebox";
import { RUNTIMES } from "../ports.ts";
import type { OwnPlace } from "../store/rekey.ts";
import { type Desk, defineOperation, OperationError } from "./operation.ts";
import { nullable } from "./shapes.ts";

const OWN_PLACES = ["file", "keyring"] as const satisfies readonly OwnPlace[];
const Place = Type.Enum([...OWN_PLACES]);

/** Only the file can be read by a process that runs: one that serves would lose sight of a key in the keyring. */
async function refuseWhileServing(desk: Desk): Promise<void> {
  for (const runtime of RUNTIMES) {
    if (!(await desk.presence(runtime, null)).running) continue;
    const hint = "Stop it for the moment: a key in the keyring is read when a runtime starts.";
    throw new OperationError("conflict", `The ${runtime} runtime is running.`, hint);
  }
}

export const rekeyStore = defineOperation({
  name: "profile.rekey",
  summary: "Encrypt all saved sign-ins anew, with a new master key",
  input: Type.Object({ key_in: nullable(Place) }),
  output: Type.Object({
    changed: Type.Boolean(),
    before: Type.Object({ key_in: Place }),
    after: Type.Object({ key_in: Place }),
    sign_ins: Type.Number(),
    untouched: Type.String(),
    hint: nullable(Type.String()),
  }),
  changes: true,
  terminalOnly: true,
  async run(desk, input) {
    if ((input.key_in ?? desk.masterKeyPlace()) === "keyring") await refuseWhileServing(desk);
    const result = await desk.rekey(input.key_in);
    switch (result.kind) {
      case "service-manager":
        throw new OperationError(
          "failed",
          "The master key is the service manager's ($CREDENTIALS_DIRECTORY/master-key), which only it can change.",
          "Stop the service, save that key as master.key in the home folder, run this without CREDENTIALS_DIRECTORY, " +
            "and give the service manager the new master.key.",
        );
      case "keyring-unusable":
        throw new OperationError(
          "failed",
          "The system's keyring cannot keep the key: there is none, it is locked, or it does not give back what it took.",
          "Nothing was changed. Leave the key in its file, or unlock the keyring and try again.",
        );
      case "done":
        return {
          changed: true,
          before: { key_in: result.from },
          after: { key_in: result.to },
          sign_ins: result.signIns,
          untouched: "The sign-ins themselves stay as they are, and no runtime has to be started again.",
          hint: "Backups of settings.sqlite made before this open with the old key only.",
        };
    }
  },
});
