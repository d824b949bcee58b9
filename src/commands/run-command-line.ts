/**
 * What did the user type, and how do we answer? Owns the walk down the command tree, help, `--json`, exit codes and the
 * one place where an error becomes words. Must not know any single command.
 */
import { randomBytes } from "node:crypto";
import { type ArgsDef, runCommand } from "citty";
import { asOperationError } from "../operations/explain-error.ts";
import { nearMissOf } from "../operations/near-miss.ts";
import { OperationError } from "../operations/operation.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import { COMMIT, VERSION } from "../version.ts";
import { type Answer, type Command, type Group, isGroup } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { EXIT_CODES, EXIT_DONE, EXIT_FAILED } from "./exit-codes.ts";
import { renderHelp } from "./help-page.ts";
import { readArguments } from "./read-arguments.ts";
import { root } from "./root.ts";
import { documentText, paintWith, plainText } from "./terminal-text.ts";

interface Found {
  readonly command: Command;
  /** The words that lead to it, `codexuse` first. */
  readonly path: readonly string[];
  /** The words after it. */
  readonly rest: readonly string[];
}

const HELP_FLAGS: ReadonlySet<string> = new Set(["--help", "-h"]);
const VERSION_FLAGS: ReadonlySet<string> = new Set(["--version", "-v"]);

/** The words up to `--`: what comes after it is never a flag. */
function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

async function findChild(group: Group, path: readonly string[], word: string): Promise<Command> {
  const open = Object.hasOwn(group.subCommands, word) ? group.subCommands[word] : undefined;
  if (open !== undefined) return await open();
  const help = `${path.join(" ")} --help`;
  if (word.startsWith("-")) {
    throw new OperationError("usage", `Unknown option ${word} before a command.`, `Options come after it. See ${help}`);
  }
  const meant = nearMissOf(word, Object.keys(group.subCommands));
  const hint = meant === null ? `See ${help}` : `Did you mean "${[...path, meant].join(" ")}"?`;
  throw new OperationError("usage", `Unknown command "${[...path, word].join(" ")}".`, hint);
}

/** Walks down as far as the words lead. Flags that every command has may stand anywhere. */
async function findCommand(argv: readonly string[]): Promise<Found> {
  let command: Command = root;
  const path = [root.meta.name];
  for (const [index, word] of argv.entries()) {
    if (!isGroup(command)) return { command, path, rest: argv.slice(index) };
    if (word === "--json" || HELP_FLAGS.has(word) || VERSION_FLAGS.has(word)) continue;
    command = await findChild(command, path, word);
    path.push(word);
  }
  return { command, path, rest: [] };
}

async function helpFor(found: Found, io: CommandIo, output: "stdout" | "stderr"): Promise<string> {
  const { command, path } = found;
  const children = isGroup(command) ? await Promise.all(Object.values(command.subCommands).map((open) => open())) : [];
  const entries = children.map((child) => ({ name: child.meta.name, description: child.meta.description }));
  return renderHelp(path, command, entries, Math.min(io[output].columns, 80), paintWith(io[output].colours));
}

async function showHelp(found: Found, io: CommandIo, json: boolean): Promise<number> {
  const help = await helpFor(found, io, "stdout");
  await io.stdout.write(json ? documentText({ help }) : `${help}\n`);
  return EXIT_DONE;
}

async function showVersion(io: CommandIo, json: boolean): Promise<number> {
  const document = { version: VERSION, commit: COMMIT };
  await io.stdout.write(json ? documentText(document) : `codexuse ${VERSION} (${COMMIT})\n`);
  return EXIT_DONE;
}

async function showAnswer(given: Answer, io: CommandIo, json: boolean): Promise<number> {
  if (json) await io.stdout.write(documentText(given.document));
  else {
    if (given.text !== "") await io.stdout.write(`${given.text}\n`);
    // On a terminal both streams meet: talk keeps its distance from a table.
    if (given.text.includes("\n") && given.notes.length > 0 && io.stderr.isTty) io.tell("info", "");
    for (const note of given.notes) io.tell("info", note);
  }
  return given.exitCode;
}

async function runFound(found: Found, io: CommandIo, json: boolean): Promise<number> {
  const { command, path, rest } = found;
  if (isGroup(command)) {
    if (!json) await io.stderr.write(`${await helpFor(found, io, "stderr")}\n\n`);
    const hint = json ? `See ${path.join(" ")} --help` : null;
    throw new OperationError("usage", `A command is missing after "${path.join(" ")}".`, hint);
  }
  const rawArgs = readOrPointToHelp(found, json ? ["--json", ...rest] : rest);
  const { result } = await runCommand<ArgsDef>(command, { rawArgs, data: io });
  return result === null ? EXIT_DONE : await showAnswer(result as Answer, io, json);
}

/** A usage error without a hint of its own leads to the command's page. */
function readOrPointToHelp(found: Found, words: readonly string[]): string[] {
  if (isGroup(found.command)) return [];
  try {
    return readArguments(found.command.args, words);
  } catch (error) {
    if (!(error instanceof OperationError) || error.hint !== null) throw error;
    throw new OperationError(error.reason, error.message, `See ${found.path.join(" ")} --help`);
  }
}

/** Anything that is not the owner's to mend: an id and plain words; the stack only for whoever asks for it. */
function describeDefect(error: unknown, io: CommandIo): { code: string; message: string; hint: string } {
  const id = randomBytes(4).toString("hex");
  if (io.env["CODEXUSE_DEBUG"] === "1") {
    io.tell("error", stackOf(error));
  }
  return {
    code: "internal",
    message: `Something went wrong inside codexuse (${id}).`,
    hint: "Run it again with CODEXUSE_DEBUG=1 to see where, and please report it.",
  };
}

/** Messages repeat what was typed; only their line breaks are ours. */
function plainLines(text: string): string {
  return text.split("\n").map(plainText).join("\n");
}

async function showError(error: unknown, io: CommandIo, json: boolean): Promise<number> {
  const expected = asOperationError(error);
  const said =
    expected === null
      ? describeDefect(error, io)
      : { code: expected.reason, message: expected.message, hint: expected.hint };
  if (json) await io.stdout.write(documentText({ error: said }));
  else {
    io.tell(said.code === "cancelled" ? "info" : "error", plainLines(said.message));
    if (said.hint !== null) io.tell("info", plainLines(said.hint));
  }
  return expected === null ? EXIT_FAILED : EXIT_CODES[expected.reason];
}

/** Runs one command line (the words after the program's name) and answers the exit code. Throws only when not even stdout takes an error. */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  const flags = flagsOf(words);
  const json = flags.includes("--json") || flags.includes("--json=true");
  try {
    const found = await findCommand(words);
    if (flags.some((flag) => HELP_FLAGS.has(flag))) return await showHelp(found, io, json);
    if (flags.some((flag) => VERSION_FLAGS.has(flag)) && found.path.length === 1) return await showVersion(io, json);
    return await runFound(found, io, json);
  } catch (error) {
    return await showError(error, io, json);
  }
}
