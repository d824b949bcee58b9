/** The documents as the house rules see them: their code, their links, and the commands they name. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";
import { type Command, isGroup } from "../../src/commands/command.ts";
import { root } from "../../src/commands/root.ts";
import { ROOT } from "./source-tree.ts";

export interface Document {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
}

const PLACES = ["*.md", "docs/**/*.md"];

export function readDocuments(): Document[] {
  const paths = PLACES.flatMap((place) => [...new Glob(place).scanSync(ROOT)]).sort();
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;

/** What stands in backquotes, blocks left out. */
export function spansOf({ text }: Document): string[] {
  return [...text.replace(FENCE, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
}

/** The lines of blocks for a shell: continued lines joined, comments taken off. */
export function shellLinesOf({ text }: Document): string[] {
  const blocks = [...text.matchAll(FENCE)].filter((match) => match[1] === "sh").map((match) => match[2] ?? "");
  const lines = blocks.flatMap((block) => block.replace(/\\\n/g, " ").split("\n"));
  return lines.map((line) => line.replace(/(^|\s)#.*$/, "").trim()).filter((line) => line !== "");
}

/** Everything that begins with `codexuse` and a word, in blocks for a shell and in text: the words behind it. */
export function commandsOf(document: Document): string[][] {
  const lines = shellLinesOf(document).flatMap((line) => line.split("&&"));
  const texts = [...lines, ...spansOf(document)].map((text) => text.trim().replace(/^dist\//, ""));
  return texts.filter((text) => text.startsWith("codexuse ")).map((text) => text.split(/\s+/).slice(1));
}

/** As they are typed: what is on by itself is switched off with `no-`. */
function flagNames(command: Command): string[] {
  if (isGroup(command)) return [];
  return Object.entries(command.args).flatMap(([name, { default: usual }]) =>
    usual === true ? [name, `no-${name}`] : [name],
  );
}

/** What is wrong with a command that a document names; null when nothing is. */
export async function findMistake(words: readonly string[]): Promise<string | null> {
  let command: Command = root;
  const rest = [...words];
  while (isGroup(command)) {
    const word = rest[0];
    if (word === undefined || word.startsWith("--")) break;
    const open: (() => Promise<Command>) | undefined = command.subCommands[word];
    if (open === undefined) return `there is no command "${word}"`;
    command = await open();
    rest.shift();
  }
  const known = flagNames(command);
  const flags = rest.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=", 1)[0] ?? "");
  const unknown = flags.find((flag) => ![...known, "help", "version", "json"].includes(flag));
  return unknown === undefined ? null : `there is no flag "--${unknown}"`;
}

async function flagsBelow(command: Command): Promise<string[]> {
  if (!isGroup(command)) return flagNames(command);
  const children = await Promise.all(Object.values(command.subCommands).map((open) => open()));
  return (await Promise.all(children.map(flagsBelow))).flat();
}

/** Every flag of every command. */
export async function allFlags(): Promise<ReadonlySet<string>> {
  return new Set([...(await flagsBelow(root)), "help", "version"]);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.replace(FENCE, "").matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? "");
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  return new Set(headings.map(slug));
}

/** Links within the project that lead nowhere. */
export function findDeadLinks(document: Document): string[] {
  const links = [...document.text.replace(FENCE, "").matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = "", anchor = ""] = link.split("#");
      const path = file === "" ? document.path : join(dirname(document.path), file);
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== "" && !anchorsOf(readFileSync(join(ROOT, path), "utf8")).has(anchor);
    })
    .map((link) => `${document.path}: ${link}`);
}
