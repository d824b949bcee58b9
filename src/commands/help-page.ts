/** What a person sees for `--help`. Pure: a page is made from the command's own description, arguments and examples. */
import { type Argument, type Arguments, type Command, isGroup } from "./command.ts";
import { type Paint, padEnd, widthOf, wrap } from "./terminal-text.ts";

export interface HelpEntry {
  readonly name: string;
  readonly description: string;
}

const MARGIN = "  ";
const LEFT_WIDTH_MAX = 30;

function positionalText(name: string, argument: Argument): string {
  const shown = argument.options === undefined ? `<${name}>` : argument.options.join("|");
  const repeated = argument.repeats === true ? `${shown}…` : shown;
  return argument.required === false ? `[${repeated}]` : repeated;
}

function flagText(name: string, argument: Argument): string {
  const aliases = "alias" in argument && argument.alias !== undefined ? [argument.alias].flat() : [];
  const shorts = aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}, `);
  if (argument.type === "boolean") return `${shorts.join("")}--${argument.default === true ? "no-" : ""}${name}`;
  const value = argument.options?.join("|") ?? argument.valueHint ?? name;
  return `${shorts.join("")}--${name}=<${value}>`;
}

function describe(argument: Argument): string {
  if (argument.default === undefined || argument.type === "boolean") return argument.description;
  return `${argument.description} (default: ${argument.default})`;
}

/** Entries in two columns; a left side too long for its column gets a line of its own. */
function renderEntries(entries: readonly HelpEntry[], columns: number, paint: Paint): string[] {
  const widths = entries.map((entry) => widthOf(entry.name)).filter((width) => width <= LEFT_WIDTH_MAX);
  const left = Math.max(0, ...widths);
  const indent = " ".repeat(MARGIN.length + left + 2);
  return entries.flatMap((entry) => {
    const [first = "", ...more] = wrap(entry.description, Math.max(20, columns - indent.length));
    const rest = more.map((line) => indent + line);
    if (widthOf(entry.name) > left) return [MARGIN + paint("cyan", entry.name), indent + first, ...rest];
    return [`${MARGIN}${paint("cyan", entry.name)}${padEnd("", left - widthOf(entry.name) + 2)}${first}`, ...rest];
  });
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ["", paint("bold", `${title}:`), ...lines];
}

function usageLine(path: readonly string[], command: Command): string {
  if (isGroup(command)) return [...path, "<command>", "[options]"].join(" ");
  const positionals = Object.entries(command.args).filter(([, argument]) => argument.type === "positional");
  return [...path, ...positionals.map(([name, argument]) => positionalText(name, argument)), "[options]"].join(" ");
}

function argumentEntries(args: Arguments, positional: boolean): HelpEntry[] {
  return Object.entries(args)
    .filter(([, argument]) => (argument.type === "positional") === positional && argument.hidden !== true)
    .map(([name, argument]) => ({
      name: positional ? positionalText(name, argument) : flagText(name, argument),
      description: describe(argument),
    }));
}

/** `children` are the commands right below a group, in their order. */
export function renderHelp(
  path: readonly string[],
  command: Command,
  children: readonly HelpEntry[],
  columns: number,
  paint: Paint,
): string {
  const width = Math.min(columns, 100);
  const args = isGroup(command) ? {} : command.args;
  const general: HelpEntry[] = [{ name: "-h, --help", description: "Show this page" }];
  if (path.length === 1) general.push({ name: "-v, --version", description: "Show the version" });
  const lines = [
    ...wrap(`${command.meta.description}.`, width),
    "",
    `${paint("bold", "Usage:")} ${usageLine(path, command)}`,
    ...section("Commands", renderEntries(children, width, paint), paint),
    ...section("Arguments", renderEntries(argumentEntries(args, true), width, paint), paint),
    ...section("Options", renderEntries([...argumentEntries(args, false), ...general], width, paint), paint),
    ...section(
      "Examples",
      command.examples.map((example) => MARGIN + example),
      paint,
    ),
  ];
  if (children.length > 0) lines.push("", paint("dim", `More about a command: ${path.join(" ")} <command> --help`));
  return lines.join("\n");
}
