/** What `docs/cli.md` says: every page of `--help`, in the order of the command tree, and what each prints with `--json`. */
import type { TSchema } from "typebox";
import { type Command, type Group, isGroup } from "../src/commands/command.ts";
import { EXIT_CODES, EXIT_DONE } from "../src/commands/exit-codes.ts";
import { type HelpEntry, renderHelp } from "../src/commands/help-page.ts";
import { paintWith } from "../src/commands/terminal-text.ts";
import { OPERATIONS } from "../src/operations/list.ts";

interface Found {
  /** The words that lead to it, `codexuse` first. */
  readonly path: readonly string[];
  readonly command: Command;
  readonly children: readonly HelpEntry[];
}

const COLUMNS = 80;

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  failed: "it failed",
  usage: "the command line is wrong",
  cancelled: "you said no",
  "not-running": "the runtime does not run",
  "sign-in-needed": "upstream refuses the sign-in",
  "not-found": "there is no such thing",
  conflict: "a port or a name is taken",
};

async function openChildren(group: Group): Promise<readonly (readonly [string, Command])[]> {
  const entries = Object.entries(group.subCommands);
  return await Promise.all(entries.map(async ([name, open]) => [name, await open()] as const));
}

async function walk(command: Command, path: readonly string[]): Promise<Found[]> {
  const children = isGroup(command) ? await openChildren(command) : [];
  const entries = children.map(([name, child]) => ({ name, description: child.meta.description }));
  const below = await Promise.all(children.map(([name, child]) => walk(child, [...path, name])));
  return [{ path, command, children: entries }, ...below.flat()];
}

const SHAPE_WIDTH = 100;

function renderMembers(schema: Readonly<Record<string, unknown>>, indent: string): string {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, TSchema>>;
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => `${name}: ${renderShape(member, inner)}`);
  const line = `{ ${members.join(", ")} }`;
  const fits = line.length + indent.length <= SHAPE_WIDTH && !line.includes("\n") && indent !== "";
  return fits ? line : `{\n${members.map((member) => `${inner}${member}\n`).join("")}${indent}}`;
}

/** A schema as TypeScript would write it. Knows only the forms that operations use. */
function renderShape(schema: TSchema, indent: string): string {
  const parts = schema as Readonly<Record<string, unknown>>;
  const { type, items } = parts;
  if (Array.isArray(parts["enum"])) return parts["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(parts["anyOf"])) return parts["anyOf"].map((one: TSchema) => renderShape(one, indent)).join(" | ");
  if (type === "object") return renderMembers(parts, indent);
  if (type === "array") return `${renderShape(items as TSchema, indent)}[]`;
  if (type === "integer") return "number";
  if (typeof type === "string") return type;
  throw new Error(`a schema of a form that is not known: ${JSON.stringify(schema)}`);
}

function renderSection({ path, command, children }: Found): string {
  const page = renderHelp(path, command, children, COLUMNS, paintWith(false));
  const lines = [`## ${path.join(" ")}`, "", "```text", page, "```"];
  const operation = OPERATIONS.find(({ name }) => name === path.slice(1).join("."));
  if (operation !== undefined) lines.push("", "With `--json`:", "", "```ts", renderShape(operation.output, ""), "```");
  return lines.join("\n");
}

function renderIndex(all: readonly Found[]): string {
  const leaves = all.filter(({ command }) => !isGroup(command));
  const rows = leaves.map(({ path, command }) => {
    return `| [\`${path.join(" ")}\`](#${path.join("-")}) | ${command.meta.description} |`;
  });
  return ["| command | what it does |", "|---|---|", ...rows].join("\n");
}

function renderExitCodes(): string {
  const reasons = Object.keys(EXIT_MEANINGS) as (keyof typeof EXIT_CODES)[];
  const rows = reasons.map((reason) => `| ${EXIT_CODES[reason]} | \`${reason}\` | ${EXIT_MEANINGS[reason]} |`);
  return ["| exit code | `error.code` | meaning |", "|---|---|---|", `| ${EXIT_DONE} | | done |`, ...rows].join("\n");
}

const OPENING = `# Command line

Made from the command tree by \`npx bun scripts/write-docs.ts\`: edit the commands, not this page. Each section is what
\`--help\` prints.

- \`--flag=value\` and \`--flag value\` both work. Unknown commands, unknown flags and surplus words are refused.
- Values and tables go to stdout, everything said to a person to stderr. Colours only on a terminal, and not with
  \`NO_COLOR\` or \`TERM=dumb\`.
- \`--json\` prints exactly one document on stdout, also for an error: \`{ "error": { code, message, hint } }\`. Times
  are RFC 3339 in UTC, percentages run from 0 to 100.
- \`--runtime\` says whose keys, sessions and turns are meant. It is \`desktop\` when left out, so with the daemon say
  \`--runtime=daemon\`.
- Commands that cannot be taken back ask on a terminal and need \`--yes\` elsewhere.`;

/** The whole file. */
export async function renderCliDocs(root: Command): Promise<string> {
  const all = await walk(root, [root.meta.name]);
  const sections = all.map(renderSection);
  return `${[OPENING, renderExitCodes(), renderIndex(all), ...sections].join("\n\n")}\n`;
}
