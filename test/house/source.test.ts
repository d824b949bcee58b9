import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { findLines, ROOT, readSources } from "./source-tree.ts";

const files = readSources();
const inRooms = (...rooms: readonly string[]) =>
  files.filter(({ path }) => rooms.some((room) => path.startsWith(room)));
const outsideOf = (...rooms: readonly string[]) =>
  files.filter(({ path }) => !rooms.some((room) => path.startsWith(room)));

const LINES_MAX = 60;
const CODE_TO_MEASURE = ["src", "scripts", "build.ts"];

/** Asks the linter that is there anyway, with this one rule and nothing else. */
function findLongFunctions(): string[] {
  const folder = mkdtempSync(join(tmpdir(), "codexuse-house-"));
  const rule = { level: "error", options: { maxLines: LINES_MAX } };
  const rules = { preset: "none", complexity: { noExcessiveLinesPerFunction: rule } };
  writeFileSync(join(folder, "biome.json"), JSON.stringify({ root: true, linter: { enabled: true, rules } }));
  try {
    const words = [
      "lint",
      `--config-path=${folder}`,
      "--reporter=github",
      "--max-diagnostics=none",
      ...CODE_TO_MEASURE,
    ];
    const { exitCode, stdout, stderr } = Bun.spawnSync(["node", "node_modules/@biomejs/biome/bin/biome", ...words], {
      cwd: ROOT,
    });
    const found = [...stdout.toString().matchAll(/file=([^,]+),line=(\d+)[^:]*::(.*)/g)];
    if (exitCode !== 0 && found.length === 0) throw new Error(stderr.toString());
    return found.map(([, file = "", line, message]) => `${file.replace(`${ROOT}/`, "")}:${line} ${message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("source", () => {
  test("keeps no state at module level", () => {
    const variables = findLines(files, /^(export )?(let|var) /);
    const collections = findLines(files, /^(export )?const \w+(: (Weak)?(Map|Set)<.*>)? = new (Weak)?(Map|Set)\b/);
    const lists = findLines(files, /^(export )?const \w+(: (?!readonly |Readonly)[^=]*)? = (\[\]|\{\});/);
    expect([...variables, ...collections, ...lists]).toEqual([]);
  });

  test("calls fetch only in the upstream room, in the page, which is a browser's program, and in the bench, which is a client", () => {
    expect(findLines(outsideOf("upstream/", "page/", "bench/"), /(^|[^.\w$])fetch\(/)).toEqual([]);
  });

  test("copies no stream and pushes into none, which both pile up what nobody reads (trap 40)", () => {
    expect(findLines(files, /type: "direct"|\.tee\(\)|\b(response|answer|request)\.clone\(\)/)).toEqual([]);
  });

  test("asks no clock, dice, file or environment where it is pure", () => {
    const impure =
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|process\.|Bun\.(file|env|sleep))/;
    const pure = inRooms("router/rules/", "protocol/", "models/", "telemetry/redact.ts");
    expect(findLines(pure, impure)).toEqual([]);
    const readers = pure.filter(({ imports }) =>
      imports.some(({ specifier }) => /^(node:fs|node:net|node:http|node:child_process|bun$)/.test(specifier)),
    );
    expect(readers.map(({ path }) => path)).toEqual([]);
  });

  test("escapes no type check", () => {
    expect(findLines(files, /@ts-(ignore|nocheck|expect-error)|biome-ignore|\bas any\b|: any\b/)).toEqual([]);
    expect(
      files.filter(({ text }) => /@ts-(ignore|nocheck|expect-error)|biome-ignore/.test(text)).map((f) => f.path),
    ).toEqual([]);
  });

  test("re-exports nothing from elsewhere", () => {
    expect(findLines(files, /^export (\*|\{[^}]*\}|type \{[^}]*\}) from /)).toEqual([]);
    expect(files.filter(({ path }) => path.endsWith("index.ts")).map(({ path }) => path)).toEqual([]);
  });

  test("says in front of every file what it is for", () => {
    const silent = outsideOf("store/migrations/").filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test(`has functions of at most ${LINES_MAX} lines`, () => {
    expect(findLongFunctions()).toEqual([]);
  });
});

describe("the project's files", () => {
  test("name no registry in a lock file", () => {
    const locks = [...new Glob("**/{package-lock.json,bun.lock,npm-shrinkwrap.json}").scanSync(ROOT)].filter(
      (path) => !path.includes("node_modules/"),
    );
    expect(locks).toContain("package-lock.json");
    const addresses = locks.flatMap((path) =>
      readFileSync(join(ROOT, path), "utf8")
        .split("\n")
        .filter((line) => /"resolved"|\.tgz|registry\./.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(addresses).toEqual([]);
  });

  test("lock every package of every platform, which a clean install insists on", () => {
    const {
      packages,
    }: { packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }> } = JSON.parse(
      readFileSync(join(ROOT, "package-lock.json"), "utf8"),
    );
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => packages[`node_modules/${name}`]?.version === undefined)
        .map((name) => `${path} needs ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("pin every dependency", () => {
    const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
