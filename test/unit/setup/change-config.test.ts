import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigPlace, carryOut, planSetup, planUndo, putBack } from "../../../src/setup/change-config.ts";
import type { ClientEditor, SetupClient } from "../../../src/setup/client-edit.ts";
import { CONFIG_DISK, type ConfigDisk } from "../../../src/setup/config-disk.ts";
import { CODEX_EDITOR } from "../../../src/setup/edit-codex-config.ts";
import { OPENCODE_EDITOR } from "../../../src/setup/edit-opencode-config.ts";
import { useTempHome } from "../../support/temp-home.ts";

const POOL = { baseUrl: "http://127.0.0.1:3773/v1", keyVariable: "CODEXUSE_API_KEY", models: ["m"] };
const MOVED = { ...POOL, baseUrl: "http://127.0.0.1:4000/v1" };

interface Client {
  readonly client: SetupClient;
  readonly editor: ClientEditor;
  readonly file: string;
  readonly text: string;
}
const CLIENTS: readonly Client[] = [
  { client: "codex", editor: CODEX_EDITOR, file: "config.toml", text: 'model = "x"\nmodel_provider = "y"' },
  { client: "opencode", editor: OPENCODE_EDITOR, file: "opencode.json", text: "{\n}\n" },
];

class Crash extends Error {}

/** The real disk, which dies at one of its steps: before it, or after it was done. */
function crashingDisk(step: number, when: "before" | "after"): { readonly disk: ConfigDisk; steps(): number } {
  let count = 0;
  const guard =
    <Args extends unknown[], Answer>(act: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      count += 1;
      if (count === step && when === "before") throw new Crash();
      const answer = act(...args);
      if (count === step) throw new Crash();
      return answer;
    };
  const disk: ConfigDisk = {
    ...CONFIG_DISK,
    replace: guard(CONFIG_DISK.replace),
    remove: guard(CONFIG_DISK.remove),
    makeFolder: guard(CONFIG_DISK.makeFolder),
    removeEmptyFolder: guard(CONFIG_DISK.removeEmptyFolder),
  };
  return { disk, steps: () => count };
}

/** Every name, mode and byte below a folder. */
function pictureOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const mode = (statSync(path).mode & 0o777).toString(8);
      return entry.isDirectory() ? `${path} ${mode}` : `${path} ${mode} ${readFileSync(path, "base64")}`;
    })
    .sort();
}

interface Scene {
  readonly folder: string;
  readonly path: string;
  place(disk?: ConfigDisk): ConfigPlace;
}

/** `text` null for a client that was never used: not even its folder is there. */
function aScene(kind: Client, text: string | null): Scene {
  const folder = useTempHome();
  const [home, config] = [join(folder, "home"), join(folder, "deep", "config")];
  mkdirSync(home);
  const path = join(config, kind.file);
  if (text !== null) {
    mkdirSync(config, { recursive: true });
    writeFileSync(path, text, { mode: 0o644 });
    chmodSync(path, 0o640);
  }
  const place = (disk = CONFIG_DISK): ConfigPlace => ({ disk, home, client: kind.client, editor: kind.editor, path });
  return { folder, path, place };
}

function apply(place: ConfigPlace, pool = POOL): void {
  const plan = planSetup(place, pool);
  if (plan.kind === "refused") throw new Error(plan.reason);
  expect(carryOut(place, plan, null)).toBe(true);
}

function undo(place: ConfigPlace): void {
  const plan = planUndo(place);
  if (plan.kind === "refused") throw new Error(plan.reason);
  expect(putBack(place, plan)).toBe(true);
}

function crashes(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof Crash) return true;
    throw error;
  }
}

describe("setting a client up and taking it back", () => {
  for (const kind of CLIENTS) {
    for (const text of [kind.text, "", null]) {
      const name = text === null ? "no file" : text === "" ? "an empty file" : "a file";
      if (kind.client === "opencode" && text === "") continue;

      test(`${kind.client} with ${name}: every byte, mode and folder is as before (trap 47)`, () => {
        const scene = aScene(kind, text);
        const before = pictureOf(scene.folder);
        apply(scene.place());
        expect(readFileSync(scene.path, "utf8")).toContain(POOL.baseUrl);
        if (text !== null) expect(statSync(scene.path).mode & 0o777).toBe(0o640);
        apply(scene.place(), MOVED);
        expect(readFileSync(scene.path, "utf8")).toContain(MOVED.baseUrl);
        undo(scene.place());
        expect(pictureOf(scene.folder)).toEqual(before);
        undo(scene.place());
        expect(pictureOf(scene.folder)).toEqual(before);
      });

      for (const when of ["before", "after"] as const) {
        test(`${kind.client} with ${name}: a crash ${when} any step can be undone byte for byte (trap 47)`, () => {
          let finished = false;
          for (let step = 1; !finished; step++) {
            const scene = aScene(kind, text);
            const before = pictureOf(scene.folder);
            const { disk } = crashingDisk(step, when);
            finished = !crashes(() => {
              apply(scene.place(disk));
              apply(scene.place(disk), MOVED);
              undo(scene.place(disk));
            });
            undo(scene.place());
            expect([step, ...pictureOf(scene.folder)]).toEqual([step, ...before]);
            if (step > 60) throw new Error("there is no end to the steps");
          }
        });
      }
    }

    test(`${kind.client}: what was written meanwhile stays when ours goes`, () => {
      const scene = aScene(kind, kind.client === "codex" ? 'a = "1"\n' : '{\n  "a": 1\n}\n');
      apply(scene.place());
      const text = readFileSync(scene.path, "utf8");
      const others = kind.client === "codex" ? `${text}[b]\nc = 2\n` : text.replace('"a": 1', '"a": 1,\n  "b": 2');
      writeFileSync(scene.path, others);
      undo(scene.place());
      const rest = readFileSync(scene.path, "utf8");
      expect(rest).not.toContain("codexuse");
      expect(rest).toContain(kind.client === "codex" ? "[b]\nc = 2\n" : '"b": 2');
    });
  }

  const [codex] = CLIENTS;
  if (codex === undefined) throw new Error("no client");

  test("follows a symbolic link and leaves it one", () => {
    const scene = aScene(codex, null);
    const real = join(scene.folder, "dotfiles.toml");
    writeFileSync(real, "a = 1\n");
    mkdirSync(join(scene.path, ".."), { recursive: true });
    symlinkSync(real, scene.path);
    apply(scene.place());
    expect(readFileSync(real, "utf8")).toContain("codexuse");
    undo(scene.place());
    expect(readFileSync(real, "utf8")).toBe("a = 1\n");
  });

  test("writes nothing when the client wrote in between", () => {
    const scene = aScene(codex, "a = 1\n");
    const plan = planSetup(scene.place(), POOL);
    if (plan.kind === "refused") throw new Error(plan.reason);
    writeFileSync(scene.path, "a = 2\n");
    expect(carryOut(scene.place(), plan, null)).toBe(false);
    expect(readFileSync(scene.path, "utf8")).toBe("a = 2\n");
  });

  test("touches no file that is no text", () => {
    const scene = aScene(codex, null);
    mkdirSync(join(scene.path, ".."), { recursive: true });
    writeFileSync(scene.path, new Uint8Array([0x61, 0xff, 0xfe]));
    expect(planSetup(scene.place(), POOL)).toMatchObject({ kind: "refused" });
  });
});
