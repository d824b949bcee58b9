import { describe, expect, test } from "bun:test";
import { type Argument, type Command, isGroup, type Leaf } from "../../src/commands/command.ts";
import { readArguments } from "../../src/commands/read-arguments.ts";
import { root } from "../../src/commands/root.ts";
import { OPERATIONS } from "../../src/operations/list.ts";
import { RUNTIMES } from "../../src/ports.ts";

interface Found {
  readonly path: readonly string[];
  readonly command: Command;
}

async function walk(command: Command, path: readonly string[]): Promise<Found[]> {
  if (!isGroup(command)) return [{ path, command }];
  const below = await Promise.all(
    Object.entries(command.subCommands).map(async ([name, open]) => walk(await open(), [...path, name])),
  );
  return [{ path, command }, ...below.flat()];
}

const all = await walk(root, ["codexuse"]);
const leaves = all.filter((found): found is Found & { command: Leaf } => !isGroup(found.command));
const nameOf = ({ path }: Found) => path.join(" ");

function flagsOf(leaf: Leaf): [string, Argument][] {
  return Object.entries(leaf.args).filter(([, argument]) => argument.type !== "positional");
}

/** The example's words, which are plain enough not to need a shell. */
function findExample(example: string): { readonly found: Found | null; readonly rest: string[] } {
  const words = example.split(" ");
  const found = all
    .filter(({ path }) => path.every((word, index) => words[index] === word))
    .sort((a, b) => b.path.length - a.path.length)[0];
  return { found: found ?? null, rest: words.slice(found?.path.length ?? 0) };
}

describe("the command tree", () => {
  test("has commands at all", () => {
    expect(leaves.length).toBeGreaterThan(20);
  });

  for (const found of all) {
    test(`${nameOf(found)} describes itself`, () => {
      const { meta, examples } = found.command;
      expect(meta.name).toBe(found.path.at(-1) ?? "");
      expect(meta.description).toMatch(/^[A-Z].*[^.\s]$/);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(example).not.toMatch(/[<>]/);
    });
  }

  for (const found of leaves) {
    test(`${nameOf(found)} describes its words and flags`, () => {
      for (const [name, argument] of Object.entries(found.command.args)) {
        expect(name).toMatch(/^[a-z][a-z-]*$/);
        expect(argument.description).toMatch(/^\p{L}.*[^.\s]$/u);
        if (argument.type === "positional") expect(argument.required).toBeBoolean();
      }
      expect(found.command.args["json"]?.type).toBe("boolean");
    });

    test(`${nameOf(found)} has examples of its own that it accepts`, () => {
      for (const example of found.command.examples) {
        const { found: meant, rest } = findExample(example);
        expect(meant?.command).toBe(found.command);
        expect(() => readArguments(found.command.args, rest)).not.toThrow();
      }
    });
  }

  test("gives --runtime the same choices and default everywhere", () => {
    for (const { command } of leaves) {
      const runtime = command.args["runtime"];
      if (runtime === undefined) continue;
      expect(runtime.options).toEqual([...RUNTIMES]);
      expect(runtime.default).toBe("desktop");
    }
  });

  test("uses a short flag for one thing only", () => {
    const meanings = new Map<string, Set<string>>();
    for (const { command } of leaves) {
      for (const [name, argument] of flagsOf(command)) {
        const aliases = "alias" in argument && argument.alias !== undefined ? [argument.alias].flat() : [];
        for (const alias of aliases) meanings.set(alias, (meanings.get(alias) ?? new Set()).add(name));
      }
    }
    expect([...meanings].filter(([, names]) => names.size > 1)).toEqual([]);
    expect([...meanings.keys()].filter((alias) => alias === "h" || alias === "v")).toEqual([]);
  });

  test("has groups without anything to run, which citty would run besides their children", () => {
    expect(all.filter(({ command }) => isGroup(command) && command.run !== undefined).map(nameOf)).toEqual([]);
  });
});

describe("the list of operations", () => {
  const commandNames = new Set(leaves.map(({ path }) => path.slice(1).join(".")));

  test("names each operation once, after the command that runs it", () => {
    const names = OPERATIONS.map((operation) => operation.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !commandNames.has(name))).toEqual([]);
  });

  test("describes each operation", () => {
    for (const { summary } of OPERATIONS) expect(summary).toMatch(/^[A-Z].*[^.\s]$/);
  });

  test("leaves to the command line only what is about processes and files of other programs", () => {
    const listed = new Set(OPERATIONS.map((operation) => operation.name));
    const own = [...commandNames].filter(
      (name) => !listed.has(name) && !/^(daemon\.|desktop$|setup\.|doctor$|completion$|demo$|bench$)/.test(name),
    );
    expect(own).toEqual([]);
  });
});
