import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, isGroup } from "../../../src/commands/command.ts";
import { complete, type Knowledge } from "../../../src/commands/completion/candidates.ts";
import { liveNames, NAMED } from "../../../src/commands/completion/live-names.ts";
import { readTyped, renderFound } from "../../../src/commands/completion/shell-words.ts";
import { root } from "../../../src/commands/root.ts";
import { aDesk } from "../../support/a-desk.ts";
import { aCredential, aKey, aProfile, aSession } from "../../support/records.ts";
import { runCli } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";

const KNOWLEDGE: Knowledge = {
  named: NAMED,
  names: (kind, runtime) =>
    Promise.resolve(["one", "two"].map((name) => ({ value: `${kind}-${runtime}-${name}`, description: "" }))),
};

/** `line` ends with the word in question, which may be empty. */
async function after(line: string): Promise<string[] | "files"> {
  const words = line.split(" ");
  const found = await complete(root, { words: words.slice(0, -1), current: words.at(-1) ?? "" }, KNOWLEDGE);
  return found.kind === "files" ? "files" : found.candidates.map(({ value }) => value);
}

async function walk(command: Command, path: readonly string[]): Promise<[string, Command][]> {
  if (!isGroup(command)) return [[path.join(" "), command]];
  const below = Object.entries(command.subCommands).map(async ([name, open]) => walk(await open(), [...path, name]));
  return (await Promise.all(below)).flat();
}

describe("what could come next", () => {
  const rows: readonly (readonly [line: string, found: string[] | "files"])[] = [
    ["dae", ["daemon"]],
    ["daemon st", ["start", "stop", "status"]],
    ["--json daemon st", ["start", "stop", "status"]],
    ["nothing ", []],
    ["account-pool routing ", ["least-used", "round-robin"]],
    ["account-pool routing least-used ", []],
    ["account-pool keys create --run", ["--runtime="]],
    ["account-pool keys create --runtime=d", ["--runtime=desktop", "--runtime=daemon"]],
    ["account-pool keys create --runtime da", ["daemon"]],
    ["account-pool keys create --name=", []],
    ["account-pool keys revoke ", ["key-desktop-one", "key-desktop-two"]],
    ["account-pool keys revoke --runtime=daemon ", ["key-daemon-one", "key-daemon-two"]],
    ["account-pool keys revoke --runtime daemon key-daemon-o", ["key-daemon-one"]],
    ["account-pool keys revoke key-desktop-one ", []],
    ["account-pool profiles add ", ["profile-desktop-one", "profile-desktop-two"]],
    ["account-pool profiles add profile-desktop-one ", ["profile-desktop-two"]],
    ["account-pool aliases add mine --model=", ["--model=base-model-desktop-one", "--model=base-model-desktop-two"]],
    ["account-pool sessions show ", ["session-desktop-one", "session-desktop-two"]],
    ["profile import ", "files"],
    ["profile import x --name=y ", []],
    ["daemon install --no", ["--no-start"]],
    ["daemon logs -f --f", []],
    ["bench --pa", []],
    ["daemon logs -n ", []],
    ["setup codex --undo --un", []],
    ["completion ", ["bash", "zsh", "fish"]],
    ["daemon logs -- ", []],
    ["daemon -", ["--help"]],
  ];
  for (const [line, found] of rows) {
    test(`after "${line}"`, async () => expect(await after(line)).toEqual(found));
  }

  test("is known for every command: its words and flags are there, and every child of a group", async () => {
    for (const [path, command] of await walk(root, [])) {
      if (isGroup(command)) continue;
      const flags = await after(`${path} --`);
      const own = Object.values(command.args).filter(({ type, hidden }) => type !== "positional" && hidden !== true);
      expect([path, flags.length]).toEqual([path, own.length + 1]);
    }
  });

  test("names only words and flags that the tree has, and every word that stands for a profile", async () => {
    const leaves = new Map(await walk(root, []));
    for (const [path, words] of Object.entries(NAMED)) {
      const command = leaves.get(path);
      const args = command === undefined || isGroup(command) ? {} : command.args;
      expect([path, Object.keys(words).filter((word) => !(word in args))]).toEqual([path, []]);
    }
    for (const [path, command] of leaves) {
      const isAbout = !isGroup(command) && command.args["name"]?.description === "Name of the profile";
      if (isAbout) expect([path, NAMED[path]?.["name"]]).toEqual([path, "profile"]);
    }
  });
});

describe("names that are there", () => {
  test("come from the stores", async () => {
    const home = useTempHome();
    for (const name of ["settings.sqlite", "daemon.sqlite"]) writeFileSync(join(home, name), "");
    const desk = aDesk({ home });
    desk.settingsStore.addProfile(aProfile({ name: "Work" }), aCredential());
    desk.settingsStore.addAlias({ name: "deep", model: "gpt-5.5", effort: "high", fast: false });
    desk.daemonStore.addKey(aKey());
    desk.daemonStore.saveSession(aSession());
    const names = async (kind: Parameters<typeof liveNames>[0]) =>
      (await liveNames(kind, desk, "daemon")).map(({ value }) => value);
    expect(await names("profile")).toEqual(["Work"]);
    expect(await names("alias")).toEqual(["deep"]);
    expect(await names("key")).toEqual(["key-1"]);
    expect(await names("session")).toEqual(["session-1"]);
    expect(await names("base-model")).toContain("gpt-5.5");
    expect((await names("model")).length).toBeGreaterThan((await names("base-model")).length);
  });

  test("are none where nothing was saved, and no file is made by asking", async () => {
    const desk = aDesk({ home: join(useTempHome(), "none") });
    for (const kind of ["profile", "model", "key"] as const) expect(await liveNames(kind, desk, "daemon")).toEqual([]);
  });
});

describe("what shells hand over", () => {
  const rows: readonly (readonly [shell: "bash" | "zsh", typed: string[], words: string[], current: string])[] = [
    ["zsh", ["codexuse", "daemon", "st"], ["daemon"], "st"],
    ["zsh", ["codexuse", ""], [], ""],
    ["zsh", ["codexuse"], [], ""],
    ["bash", ["codexuse", "a", "--runtime", "=", "da"], ["a"], "--runtime=da"],
    ["bash", ["codexuse", "a", "--runtime", "="], ["a"], "--runtime="],
    ["bash", ["codexuse", "x", "file", ":", "/tmp/a", ""], ["x", "file:/tmp/a"], ""],
    ["bash", ["codexuse", "remove", "my\\ pro"], ["remove"], "my pro"],
    ["bash", ["codexuse", "remove", "'my pro"], ["remove"], "my pro"],
  ];
  for (const [shell, typed, words, current] of rows) {
    test(`${shell}: ${JSON.stringify(typed)}`, () => {
      expect(readTyped(shell, typed.join("\n"))).toEqual({ words, current });
    });
  }

  test("and want back: escaped in bash, with words about them elsewhere, always on one line", () => {
    const candidates = [{ value: "my $pro\nfile", description: "a\tb" }];
    expect(renderFound("bash", { kind: "words", candidates }, "")).toBe("my\\ \\$pro\\ file");
    expect(renderFound("zsh", { kind: "words", candidates }, "")).toBe("my $pro file\ta b");
    const choice = [{ value: "--runtime=daemon", description: "" }];
    expect(renderFound("bash", { kind: "words", candidates: choice }, "--runtime=da")).toBe("daemon");
    expect(renderFound("fish", { kind: "files" }, "")).toBe(":files");
  });
});

describe("codexuse completion", () => {
  test("prints a script, and for the script what fits", async () => {
    const script = await runCli("completion zsh");
    expect([script.code, script.stdout.split("\n")[0]]).toEqual([0, "#compdef codexuse"]);
    const found = await runCli(["completion", "bash", "--complete=codexuse\ndae"]);
    expect([found.code, found.stdout]).toEqual([0, "daemon\n"]);
    expect((await runCli("completion tcsh")).code).toBe(2);
  });

  test("says nothing when the stores cannot be read: somebody is typing", async () => {
    const desk = { ...aDesk({ home: "/nowhere" }) };
    const found = await runCli(["completion", "bash", "--complete=codexuse\nprofile\nremove\n"], { desk });
    expect([found.code, found.stdout, found.stderr]).toEqual([0, "", ""]);
  });
});
