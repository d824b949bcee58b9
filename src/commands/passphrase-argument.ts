/** `--passphrase`: from stdin or a file, for a backup that has the master key in it. */
import type { CommandIo } from "./command-io.ts";
import { readSecret } from "./secret-argument.ts";

export function passphraseArgument(description: string) {
  return { type: "string", valueHint: "file:PATH|-", description } as const;
}

/** Null when none was given. */
export async function readPassphrase(io: CommandIo, given: string | undefined): Promise<string | null> {
  return given === undefined ? null : await readSecret(io, given, { flag: "--passphrase=", what: "passphrase" });
}
