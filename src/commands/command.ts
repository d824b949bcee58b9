/**
 * What is a command? citty's definition, plus what we hold every command to: a description, examples, `--json`, and an
 * answer as data that the runner prints. Adding a command is one file with `defineLeaf` and one line in its group.
 */
import type { ArgDef, CommandContext, CommandDef, ParsedArgs } from "citty";
import type { CommandIo } from "./command-io.ts";

export type Argument = ArgDef & {
  readonly description: string;
  /** Words a positional may be; citty itself knows this for flags only. */
  readonly options?: string[];
  /** The last positional may be given several times; all of them are in `args._`. */
  readonly repeats?: boolean;
  /** Only for our own processes: it is understood, and help, documents, completion and hints do not name it. */
  readonly hidden?: boolean;
};
export type Arguments = Record<string, Argument>;

/** What a command has to say. The runner prints `document` with `--json`, else `text`, and `notes` for a person. */
export interface Answer {
  readonly document: unknown;
  /** Tables and values, for stdout; empty for none. */
  readonly text: string;
  /** For stderr, one a line. */
  readonly notes: readonly string[];
  readonly exitCode: number;
}

interface Described {
  readonly meta: { readonly name: string; readonly description: string };
  readonly examples: readonly string[];
}

/** A command that does something. */
export interface Leaf extends CommandDef, Described {
  readonly meta: Described["meta"];
  readonly args: Arguments;
  /** `null` when the command has already said everything itself. */
  readonly run: (context: CommandContext) => Promise<Answer | null>;
}

/** A command that only has commands below it. It must not run anything: citty would run it besides its child. */
export interface Group extends CommandDef, Described {
  readonly meta: Described["meta"];
  readonly subCommands: Record<string, () => Promise<Command>>;
}

export type Command = Leaf | Group;

interface LeafOptions<Args extends Arguments> {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly args: Args;
  run(args: ParsedArgs<Args & { json: { type: "boolean" } }>, io: CommandIo): Answer | null | Promise<Answer | null>;
}

const JSON_ARGUMENT = { type: "boolean", description: "Print one JSON document" } as const;

export function defineLeaf<const Args extends Arguments>(options: LeafOptions<Args>): Leaf {
  const { name, description, examples, args } = options;
  return {
    meta: { name, description },
    examples,
    args: { ...args, json: JSON_ARGUMENT },
    run: async ({ args: parsed, data }) => await options.run(parsed as Parameters<typeof options.run>[0], data),
  };
}

export function defineGroup(options: {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly subCommands: Record<string, () => Promise<Command>>;
}): Group {
  const { name, description, examples, subCommands } = options;
  return { meta: { name, description }, examples, subCommands };
}

export function isGroup(command: Command): command is Group {
  return command.subCommands !== undefined;
}

/** An answer that went well. */
export function answer(document: unknown, text: string, notes: readonly (string | null)[] = []): Answer {
  return { document, text, notes: notes.filter((note) => note !== null), exitCode: 0 };
}
