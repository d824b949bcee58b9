/** `--telegram-bot-token`: given in words, in a file, or on stdin. Never shown. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OperationError } from "../operations/operation.ts";
import type { CommandIo } from "./command-io.ts";

export const TELEGRAM_TOKEN_ARGUMENT = {
  type: "string",
  valueHint: "file:PATH|-|TOKEN",
  description: "Bot that may control the daemon by Telegram; better from a file, or - for stdin",
} as const;

/** As Telegram's own page for bots gives it out. */
const TOKEN_FORM = /^\d{5,20}:[\w-]{30,64}$/;

function checkToken(text: string, place: string): string {
  const token = text.trim();
  if (TOKEN_FORM.test(token)) return token;
  throw new OperationError(
    "usage",
    `${place} holds no Telegram bot token.`,
    "It looks like 123456789:AA… (from @BotFather).",
  );
}

function readTokenFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "unknown reason";
    throw new OperationError("failed", `The token's file ${path} cannot be read (${code}).`);
  }
}

/** The path in `file:PATH`; null for the other forms. */
export function tokenFileOf(given: string | undefined): string | null {
  return given?.startsWith("file:") === true ? given.slice("file:".length) : null;
}

/** Null when none was given. A token in words is warned about: other users of the machine may see it. */
export async function readToken(given: string | undefined, io: CommandIo): Promise<string | null> {
  if (given === undefined) return null;
  if (given === "-") return checkToken(await io.stdin.readText(), "stdin");
  const path = tokenFileOf(given);
  if (path !== null) return checkToken(readTokenFile(path), path);
  io.tell("warning", "The token stands in your shell's history and in the list of processes. Better: file:PATH, or -.");
  return checkToken(given, "--telegram-bot-token");
}

/** The token that the service manager handed over; null when there is none. */
export function readServiceToken(io: CommandIo): string | null {
  const folder = io.env["CREDENTIALS_DIRECTORY"];
  if (!folder) return null;
  const path = join(folder, "telegram-bot-token");
  try {
    return checkToken(readFileSync(path, "utf8"), path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
