/** Copies everything that makes a home what it is into one file, also while a runtime serves. */
import { resolve } from "node:path";
import { Type } from "typebox";
import { PASSPHRASE_CHARACTERS_MIN } from "../store/passphrase.ts";
import { type Desk, defineOperation, OperationError } from "./operation.ts";
import { nullable, WireTime } from "./shapes.ts";

/** Said with every backup, so that nobody counts on what is not there. */
const LEFT_OUT = ["stored responses", "logs", "configurations of clients", "the Telegram bot's token"] as const;

const KEY_PLACES = {
  file: (home: string) => `${home}/master.key`,
  keyring: () => "the system's keyring",
  "service-manager": () => "the service manager's credentials",
} as const;

function keyHint(desk: Desk, withKey: boolean): string {
  if (withKey) return "The passphrase opens the sign-ins in it. Without it they are lost; nobody can reset it.";
  const place = KEY_PLACES[desk.masterKeyPlace()](desk.home);
  return `Its sign-ins are encrypted with the master key in ${place}, which is not in it. Keep a copy of that key apart from the backup, or put it in with --passphrase.`;
}

function refuseShortPassphrase(passphrase: string | null): void {
  if (passphrase === null || passphrase.length >= PASSPHRASE_CHARACTERS_MIN) return;
  throw new OperationError(
    "usage",
    `The passphrase is too short: at least ${PASSPHRASE_CHARACTERS_MIN} characters.`,
    "Several words are easier to keep than odd signs.",
  );
}

export const backUpHome = defineOperation({
  name: "backup",
  summary: "Copy profiles, settings, keys, sessions and the turn log into one file",
  input: Type.Object({
    to: Type.String({ minLength: 1 }),
    force: Type.Boolean(),
    passphrase: nullable(Type.String()),
  }),
  output: Type.Object({
    path: Type.String(),
    bytes: Type.Number(),
    made_at: WireTime,
    version: Type.String(),
    files: Type.Array(Type.String()),
    /** Which master key its sign-ins need; null when it has none. */
    key_id: nullable(Type.String()),
    with_key: Type.Boolean(),
    left_out: Type.Array(Type.String()),
    hint: Type.String(),
  }),
  changes: true,
  terminalOnly: true,
  run(desk, { to, force, passphrase }) {
    refuseShortPassphrase(passphrase);
    const path = resolve(to);
    const result = desk.backUp({ to: path, force, passphrase });
    if (result.kind === "nothing") {
      throw new OperationError("not-found", `There is nothing to back up in ${desk.home} yet.`, "Add a profile first.");
    }
    if (result.kind === "taken") {
      throw new OperationError("conflict", `${path} is there already.`, "Choose another file, or replace it: --force");
    }
    const { madeAt, version, keyId, key, parts } = result.manifest;
    return {
      path,
      bytes: result.bytes,
      made_at: madeAt,
      version,
      files: parts.map(({ name }) => name),
      key_id: keyId,
      with_key: key !== null,
      left_out: [...LEFT_OUT],
      hint: keyHint(desk, key !== null),
    };
  },
});
