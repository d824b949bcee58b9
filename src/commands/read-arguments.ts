/**
 * Do the words after a command fit it? citty accepts unknown flags, stray words and flags without their value in silence;
 * here they are refused. Pure; answers the same words in one plain form that citty reads without surprises.
 */
import { parseArgs } from "node:util";
import { nearMissOf } from "../operations/near-miss.ts";
import { OperationError } from "../operations/operation.ts";
import type { Argument, Arguments } from "./command.ts";

type Named = readonly [name: string, argument: Argument];

function isPositional([, argument]: Named): boolean {
  return argument.type === "positional";
}

function isBoolean(argument: Argument): boolean {
  return argument.type === "boolean";
}

function aliasesOf(argument: Argument): readonly string[] {
  const alias = "alias" in argument ? argument.alias : undefined;
  return alias === undefined ? [] : [alias].flat();
}

function flagText(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** The flag a token names, with `--no-x` understood as the opposite of `x`. */
function findFlag(flags: readonly Named[], name: string): { readonly flag: Named; readonly negated: boolean } | null {
  const byName = (wanted: string) =>
    flags.find(([own, argument]) => own === wanted || aliasesOf(argument).includes(wanted));
  const flag = byName(name);
  if (flag !== undefined) return { flag, negated: false };
  const opposite = name.startsWith("no-") ? byName(name.slice(3)) : undefined;
  return opposite !== undefined && isBoolean(opposite[1]) ? { flag: opposite, negated: true } : null;
}

function refuseUnknown(flags: readonly Named[], name: string): never {
  const shown = flags.filter(([, argument]) => argument.hidden !== true);
  const known = [...shown.map(([own, argument]) => (argument.default === true ? `no-${own}` : own)), "help"];
  const meant = nearMissOf(name, known);
  throw new OperationError(
    "usage",
    `Unknown option ${flagText(name)}.`,
    meant === null ? null : `Did you mean ${flagText(meant)}?`,
  );
}

function checkChoice(shown: string, argument: Argument, value: string): void {
  const choices = argument.options;
  if (choices === undefined || choices.includes(value)) return;
  const meant = nearMissOf(value, choices);
  throw new OperationError(
    "usage",
    `${shown} is one of ${choices.join(", ")}.`,
    meant === null ? null : `Did you mean ${meant}?`,
  );
}

function readSwitch(name: string, negated: boolean, value: string | undefined): string {
  if (value !== undefined && value !== "true" && value !== "false") {
    throw new OperationError("usage", `Option ${flagText(name)} takes no value.`);
  }
  return (value !== "false") === !negated ? `--${name}` : `--no-${name}`;
}

function readValue(name: string, argument: Argument, value: string | undefined, inline: boolean): string {
  // A value that looks like a flag is a flag, and the value was forgotten; a lone "-" means stdin.
  const missing = value === undefined || value === "" || (!inline && value.length > 1 && value.startsWith("-"));
  if (missing) throw new OperationError("usage", `Option ${flagText(name)} needs a value.`);
  checkChoice(flagText(name), argument, value);
  return `--${name}=${value}`;
}

function checkPositionals(positionals: readonly Named[], words: readonly string[]): void {
  positionals.forEach(([name, argument], index) => {
    const word = words[index];
    if (word === undefined && argument.required !== false) throw new OperationError("usage", `Missing <${name}>.`);
    if (word === "") throw new OperationError("usage", `<${name}> must not be empty.`);
    if (word !== undefined) checkChoice(`<${name}>`, argument, word);
  });
  const repeats = positionals.at(-1)?.[1].repeats === true;
  const surplus = words[positionals.length];
  if (surplus !== undefined && !repeats) {
    const takes = positionals.length === 0 ? "This command takes no words" : `This command takes ${positionals.length}`;
    throw new OperationError("usage", `Unexpected word "${surplus}".`, `${takes} besides options.`);
  }
}

/** Throws `usage` for whatever does not fit. */
export function readArguments(args: Arguments, words: readonly string[]): string[] {
  const named: readonly Named[] = Object.entries(args);
  const flags = named.filter((entry) => !isPositional(entry));
  const options: Record<string, { type: "boolean" | "string"; short?: string }> = {};
  for (const [name, argument] of flags) {
    const short = aliasesOf(argument).find((alias) => alias.length === 1);
    const type = isBoolean(argument) ? "boolean" : "string";
    options[name] = short === undefined ? { type } : { type, short };
  }
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });
  const read: string[] = [];
  const plain: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") plain.push(token.value);
    if (token.kind !== "option") continue;
    const found = findFlag(flags, token.name) ?? refuseUnknown(flags, token.name);
    const [name, argument] = found.flag;
    if (isBoolean(argument)) read.push(readSwitch(name, found.negated, token.value));
    else read.push(readValue(name, argument, token.value, token.inlineValue === true));
  }
  checkRequiredFlags(flags, read);
  checkPositionals(named.filter(isPositional), plain);
  return [...read, "--", ...plain];
}

function checkRequiredFlags(flags: readonly Named[], read: readonly string[]): void {
  for (const [name, argument] of flags) {
    if (argument.required !== true || read.some((word) => word.startsWith(`--${name}=`))) continue;
    throw new OperationError("usage", `Missing --${name}.`);
  }
}
