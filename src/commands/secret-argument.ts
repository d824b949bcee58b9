/**
 * How does a secret get here? From stdin (`-`) or a file (`file:<path>`); from the command line itself only with a
 * warning, because every user of the machine can read it there.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { OperationError } from "../operations/operation.ts";
import type { CommandIo } from "./command-io.ts";

const SECRET_BYTES_MAX = 64 * 1024;
const FILE_PREFIX = "file:";

interface Wanted {
  /** As in `--api-key`. */
  readonly flag: string;
  /** As in `API key`. */
  readonly what: string;
  /** Whether a value given in place is worth the warning; all are, unless this says otherwise. */
  readonly isSecret?: (value: string) => boolean;
}

/** The secret without white space around it. Throws `usage` when there is none. */
export async function readSecret(io: CommandIo, value: string, wanted: Wanted): Promise<string> {
  const secret = (await readFrom(io, value, wanted)).trim();
  if (secret === "") throw new OperationError("usage", `No ${wanted.what} was given.`);
  return secret;
}

async function readFrom(io: CommandIo, value: string, { flag, what, isSecret = () => true }: Wanted): Promise<string> {
  if (value === "-") {
    if (io.stdin.isTty) io.tell("info", `Paste the ${what} and press Enter:`);
    return await firstLine(io);
  }
  if (value.startsWith(FILE_PREFIX)) return readSecretFile(value.slice(FILE_PREFIX.length));
  if (isSecret(value)) {
    const better = `Use ${flag}- or ${flag}${FILE_PREFIX}<path>.`;
    io.tell("warning", `Every user of this machine can read a command line, and the shell keeps it. ${better}`);
  }
  return value;
}

async function firstLine(io: CommandIo): Promise<string> {
  for await (const line of io.stdin.lines()) if (line.trim() !== "") return line;
  return "";
}

function readSecretFile(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(SECRET_BYTES_MAX);
      return bytes.subarray(0, readSync(file, bytes)).toString("utf8");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw new OperationError(code === "ENOENT" ? "not-found" : "failed", `${path} could not be read (${code}).`);
  }
}
