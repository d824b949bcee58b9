/**
 * What could come next? Walks the tree of commands along the words typed so far. Pure but for the names that are looked
 * up through `names`, so that any shell and any test can ask.
 */
import type { Runtime } from "../../ports.ts";
import { RUNTIMES } from "../../ports.ts";
import { type Argument, type Command, isGroup, type Leaf } from "../command.ts";
import type { NameKind } from "./live-names.ts";

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** `files`: the shell completes paths by itself. */
export type Completion =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "files" };

export interface Asked {
  /** Words before the one that is being typed, the program's name left out. */
  readonly words: readonly string[];
  /** What there is of the word so far. */
  readonly current: string;
}

export interface Knowledge {
  /** What the words of these commands name. */
  readonly named: Readonly<Record<string, Readonly<Record<string, NameKind>>>>;
  names(kind: NameKind, runtime: Runtime): Promise<readonly Candidate[]>;
}

interface Place {
  readonly leaf: Leaf;
  readonly path: string;
  /** Words after those of the command. */
  readonly rest: readonly string[];
}

const NOTHING: Completion = { kind: "words", candidates: [] };

function fitting(candidates: readonly Candidate[], current: string): Completion {
  return { kind: "words", candidates: candidates.filter(({ value }) => value.startsWith(current)) };
}

type Walked =
  | { readonly kind: "leaf"; readonly place: Place }
  | { readonly kind: "group"; readonly group: Command }
  | null;

/** Null for words that lead nowhere. */
async function walk(root: Command, words: readonly string[]): Promise<Walked> {
  let command = root;
  const path: string[] = [];
  for (const [index, word] of words.entries()) {
    if (!isGroup(command))
      return { kind: "leaf", place: { leaf: command, path: path.join(" "), rest: words.slice(index) } };
    if (word.startsWith("-")) continue;
    const open: (() => Promise<Command>) | undefined = Object.hasOwn(command.subCommands, word)
      ? command.subCommands[word]
      : undefined;
    if (open === undefined) return null;
    command = await open();
    path.push(word);
  }
  if (isGroup(command)) return { kind: "group", group: command };
  return { kind: "leaf", place: { leaf: command, path: path.join(" "), rest: [] } };
}

async function childrenOf(group: Command): Promise<Candidate[]> {
  if (!isGroup(group)) return [];
  const children = await Promise.all(Object.values(group.subCommands).map((open) => open()));
  return children.map(({ meta }) => ({ value: meta.name, description: meta.description }));
}

type Named = readonly [name: string, argument: Argument];

function flagsOf(leaf: Leaf): Named[] {
  return Object.entries(leaf.args).filter(([, argument]) => argument.type !== "positional");
}

function aliasesOf(argument: Argument): readonly string[] {
  return "alias" in argument && argument.alias !== undefined ? [argument.alias].flat() : [];
}

function spelled(name: string, argument: Argument): string {
  if (argument.type !== "boolean") return `--${name}=`;
  return argument.default === true ? `--no-${name}` : `--${name}`;
}

function flagNamed(leaf: Leaf, word: string): Named | null {
  const name = /^--?([a-z][a-z-]*)/.exec(word)?.[1];
  if (name === undefined) return null;
  return flagsOf(leaf).find(([own, argument]) => own === name || aliasesOf(argument).includes(name)) ?? null;
}

/** The flag whose value the next word is; null when it is no such word. */
function flagAwaiting(leaf: Leaf, word: string | undefined): Named | null {
  if (word === undefined || word.includes("=")) return null;
  const flag = flagNamed(leaf, word);
  return flag === null || flag[1].type === "boolean" ? null : flag;
}

/** Words that are no flags, nor values of flags. */
function plainWords({ leaf, rest }: Place): string[] {
  return rest.filter((word, index) => !word.startsWith("-") && flagAwaiting(leaf, rest[index - 1]) === null);
}

function runtimeIn({ leaf, rest }: Place): Runtime {
  const given = rest.flatMap((word, index) => {
    if (word.startsWith("--runtime=")) return [word.slice("--runtime=".length)];
    return flagAwaiting(leaf, rest[index - 1])?.[0] === "runtime" ? [word] : [];
  });
  return RUNTIMES.find((runtime) => runtime === given.at(-1)) ?? "desktop";
}

async function valuesOf(
  place: Place,
  [name, argument]: Named,
  knowledge: Knowledge,
): Promise<readonly Candidate[] | "files"> {
  if (argument.options !== undefined) return argument.options.map((value) => ({ value, description: "" }));
  const kind = knowledge.named[place.path]?.[name];
  if (kind === "path") return "files";
  return kind === undefined ? [] : await knowledge.names(kind, runtimeIn(place));
}

function flagCandidates({ leaf, rest }: Place): Candidate[] {
  const given = new Set(rest.map((word) => flagNamed(leaf, word)?.[0]));
  const free = flagsOf(leaf).filter(([name, argument]) => !given.has(name) && argument.hidden !== true);
  const help = { value: "--help", description: "Show the help of this command" };
  return [
    ...free.map(([name, argument]) => ({ value: spelled(name, argument), description: argument.description })),
    help,
  ];
}

async function positionalCandidates(place: Place, knowledge: Knowledge): Promise<readonly Candidate[] | "files"> {
  const positionals = Object.entries(place.leaf.args).filter(([, argument]) => argument.type === "positional");
  const typed = plainWords(place);
  const last = positionals.at(-1);
  const next = positionals[typed.length] ?? (last?.[1].repeats === true ? last : undefined);
  if (next === undefined) return [];
  const values = await valuesOf(place, next, knowledge);
  return values === "files" ? values : values.filter(({ value }) => !typed.includes(value));
}

async function completeLeaf(place: Place, current: string, knowledge: Knowledge): Promise<Completion> {
  const { leaf, rest } = place;
  const awaiting = flagAwaiting(leaf, rest.at(-1));
  if (awaiting !== null) {
    const values = await valuesOf(place, awaiting, knowledge);
    return values === "files" ? { kind: "files" } : fitting(values, current);
  }
  const [head = "", ...tail] = current.split("=");
  const flag = tail.length > 0 ? flagNamed(leaf, head) : null;
  if (flag !== null) {
    const values = await valuesOf(place, flag, knowledge);
    if (values === "files") return { kind: "files" };
    return fitting(
      values.map((candidate) => ({ ...candidate, value: `${head}=${candidate.value}` })),
      current,
    );
  }
  if (current.startsWith("-")) return fitting(flagCandidates(place), current);
  const values = await positionalCandidates(place, knowledge);
  return values === "files" ? { kind: "files" } : fitting(values, current);
}

/** Never more than fits what was typed. */
export async function complete(root: Command, asked: Asked, knowledge: Knowledge): Promise<Completion> {
  const { words, current } = asked;
  // What comes after it is no business of ours.
  if (words.includes("--")) return NOTHING;
  const walked = await walk(root, words);
  if (walked === null) return NOTHING;
  if (walked.kind === "leaf") return await completeLeaf(walked.place, current, knowledge);
  if (!current.startsWith("-")) return fitting(await childrenOf(walked.group), current);
  return fitting([{ value: "--help", description: "Show the help" }], current);
}
