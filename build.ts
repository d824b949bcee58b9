/**
 * How do the executables come about? `bun build.ts` makes dist/codexuse for this machine and tries it out; `--all` makes
 * one for every target besides. Version and commit are stamped in; dist/SHA256SUMS covers everything. `--next=FILE` makes
 * only the later version that the drill of an upgrade goes to.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "./package.json" with { type: "json" };
import { NEXT_FORMAT, NEXT_VERSION } from "./scripts/next-version.ts";
import { bundlePage } from "./src/server/page/bundle-page.ts";

interface Target {
  /** As in `dist/codexuse-<name>`. */
  readonly name: string;
  readonly bunTarget: Bun.Build.CompileTarget;
  /** The npm package that holds Bun's runtime for it. */
  readonly runtimePackage: string;
  readonly suffix: "" | ".exe";
}

const TARGETS: readonly Target[] = [
  { name: "linux-x64", bunTarget: "bun-linux-x64", runtimePackage: "@oven/bun-linux-x64", suffix: "" },
  { name: "linux-arm64", bunTarget: "bun-linux-arm64", runtimePackage: "@oven/bun-linux-aarch64", suffix: "" },
  { name: "darwin-x64", bunTarget: "bun-darwin-x64", runtimePackage: "@oven/bun-darwin-x64", suffix: "" },
  { name: "darwin-arm64", bunTarget: "bun-darwin-arm64", runtimePackage: "@oven/bun-darwin-aarch64", suffix: "" },
  { name: "windows-x64", bunTarget: "bun-windows-x64", runtimePackage: "@oven/bun-windows-x64", suffix: ".exe" },
];

const DIST = "dist";
const CACHE = "node_modules/.cache/bun-runtimes";
const HOST_FILE = process.platform === "win32" ? "codexuse.exe" : "codexuse";
const HOST_NAME = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

function run(words: readonly string[], env: Record<string, string | undefined> = process.env) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...words], { stdout: "pipe", stderr: "pipe", env });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Short hash of the commit; `unknown` outside of a repository, as in a source archive. */
function readCommit(): string {
  const { exitCode, stdout } = run(["git", "rev-parse", "--short=10", "HEAD"]);
  return exitCode === 0 ? stdout.trim() : "unknown";
}

/** The runtime of another platform, fetched once through npm; null when it cannot be had. */
function fetchRuntime(target: Target): string | null {
  const folder = join(CACHE, `${target.name}-${Bun.version}`);
  const executable = join(folder, "package", "bin", `bun${target.suffix}`);
  if (existsSync(executable)) return executable;
  mkdirSync(folder, { recursive: true });
  const spec = `${target.runtimePackage}@${Bun.version}`;
  const packed = run(["npm", "pack", spec, "--silent", "--pack-destination", folder]);
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (packed.exitCode !== 0 || archive === undefined) return null;
  const unpacked = run(["tar", "-xzf", join(folder, archive), "-C", folder]);
  rmSync(join(folder, archive));
  return unpacked.exitCode === 0 && existsSync(executable) ? executable : null;
}

interface Compilation {
  readonly outfile: string;
  readonly commit: string;
  /** The Settings page's files, as a literal. */
  readonly page: string;
  readonly isNext: boolean;
  /** Null for this machine, whose runtime is the one that runs now. */
  readonly foreign: { readonly target: Target; readonly executablePath: string } | null;
}

/** Throws with the bundler's words. A log is a failure too: Bun reports broken bytecode as a success with a log. */
async function compile({ outfile, commit, page, isNext, foreign }: Compilation): Promise<void> {
  const built = await Bun.build({
    entrypoints: ["src/main.ts"],
    target: "bun",
    format: "esm",
    splitting: true,
    bytecode: true,
    sourcemap: "linked",
    plugins: isNext ? [NEXT_FORMAT] : [],
    // Elysia reads the source text of handlers, so names of parameters must stay.
    minify: { whitespace: true, syntax: true, identifiers: false },
    define: {
      "process.env.NODE_ENV": JSON.stringify("production"),
      CODEXUSE_VERSION: JSON.stringify(isNext ? NEXT_VERSION : manifest.version),
      CODEXUSE_COMMIT: JSON.stringify(commit),
      CODEXUSE_PAGE: page,
    },
    compile: {
      outfile,
      // A hostile folder must not be able to run code in us by being the current one.
      autoloadDotenv: false,
      autoloadBunfig: false,
      ...(foreign === null ? {} : { target: foreign.target.bunTarget, executablePath: foreign.executablePath }),
    },
  });
  if (built.success && built.logs.length === 0) return;
  throw new Error(built.logs.map(String).join("\n") || "the bundler failed without a word");
}

/** Beside the executables the bundler leaves source maps, which are also inside of them. */
function clearMaps(): void {
  for (const name of readdirSync(DIST)) if (name.endsWith(".map")) rmSync(join(DIST, name));
}

/** Runs what was built, in an empty home: a file that builds is not yet a program that runs. */
function tryOut(file: string): void {
  const home = mkdtempSync(join(tmpdir(), "codexuse-build-"));
  const env = { ...process.env, CODEXUSE_HOME: home };
  const checks: readonly (readonly [readonly string[], string])[] = [
    [["--version"], manifest.version],
    [["--help"], "Usage: codexuse"],
    [["demo", "--once", "--json"], '"ok": true'],
  ];
  try {
    for (const [words, expected] of checks) {
      const { exitCode, stdout, stderr } = run([file, ...words], env);
      if (exitCode === 0 && stdout.includes(expected)) continue;
      throw new Error(`${file} ${words.join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function writeChecksums(): void {
  const names = readdirSync(DIST).filter((name) => name.startsWith("codexuse"));
  const lines = names.sort().map((name) => {
    const digest = createHash("sha256")
      .update(readFileSync(join(DIST, name)))
      .digest("hex");
    return `${digest}  ${name}\n`;
  });
  writeFileSync(join(DIST, "SHA256SUMS"), lines.join(""));
}

/** Answers how many targets were built. */
async function buildAll(commit: string, page: string): Promise<number> {
  let count = 0;
  for (const target of TARGETS) {
    const executablePath = fetchRuntime(target);
    if (executablePath === null) {
      console.error(`${target.name}: left out, its runtime could not be fetched`);
      continue;
    }
    const outfile = join(DIST, `codexuse-${target.name}${target.suffix}`);
    await compile({ outfile, commit, page, isNext: false, foreign: { target, executablePath } });
    if (target.suffix === "") chmodSync(outfile, 0o755);
    if (target.name === HOST_NAME) tryOut(outfile);
    console.log(outfile);
    count += 1;
  }
  return count;
}

const commit = readCommit();
const page = JSON.stringify(await bundlePage(process.cwd()));
const nextFile = process.argv.find((word) => word.startsWith("--next="))?.slice("--next=".length);
if (nextFile !== undefined) {
  await compile({ outfile: nextFile, commit, page, isNext: true, foreign: null });
  process.exit();
}
rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
const hostFile = join(DIST, HOST_FILE);
await compile({ outfile: hostFile, commit, page, isNext: false, foreign: null });
tryOut(hostFile);
console.log(hostFile);
const wantsAll = process.argv.includes("--all");
const count = wantsAll ? await buildAll(commit, page) : 1;
clearMaps();
writeChecksums();
if (count === 0) {
  console.error("No other target could be built.");
  process.exit(1);
}
