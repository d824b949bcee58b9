/**
 * What `npm run <task>` does, with nothing but Node: installs what the task needs and is not there yet, then runs it.
 * Quiet unless something goes wrong. `test` ends with the line "N passed, N failed" on stdout.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLIENTS = join(ROOT, "test", "clients");
const BUN_FOLDER = join(ROOT, "node_modules", "bun");
/** The same name on every system. */
const BUN = join(BUN_FOLDER, "bin", "bun.exe");

function say(text) {
  process.stderr.write(`${text}\n`);
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}

/** What npm noted down when it installed into this folder: paths and versions; empty when it never did. */
function readInstalled(folder) {
  return readJson(join(folder, "node_modules", ".package-lock.json"))?.packages ?? {};
}

/**
 * Whether node_modules holds what the lock file asks for. npm's own record of what it installed is compared, so an
 * install by hand counts, and one of an older lock file does not.
 */
function isInstalled(folder, withDev) {
  const wanted = readJson(join(folder, "package-lock.json"))?.packages ?? {};
  const present = readInstalled(folder);
  return Object.entries(wanted).every(([path, entry]) => {
    const isForDev = entry.dev === true || entry.devOptional === true;
    if (path === "" || entry.optional === true || (isForDev && !withDev)) return true;
    return present[path]?.version === entry.version && existsSync(join(folder, path));
  });
}

/** Whether the tools for development are there, of whatever version. */
function hasTools(folder) {
  return Object.values(readInstalled(folder)).some((entry) => entry.dev === true);
}

/** npm as it was called; the shell finds it where it was not. */
function npmWords() {
  const own = process.env.npm_execpath ?? "";
  return /npm-cli\.c?js$/.test(own) ? [process.execPath, own] : ["npm"];
}

/** Says everything the command said when it fails. */
function runQuietly(words, folder) {
  const [program, ...rest] = words;
  const shell = program === "npm" && process.platform === "win32";
  const { status, stdout, stderr, error } = spawnSync(program, rest, { cwd: folder, encoding: "utf8", shell });
  if (status === 0) return;
  say(`${words.join(" ")} failed in ${folder}:\n${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`);
  process.exit(1);
}

function install(folder, withDev) {
  if (isInstalled(folder, withDev)) return;
  // Whoever has the tools for development keeps them, also when only the product is about to run.
  const full = withDev || hasTools(folder);
  if (process.stderr.isTTY) say("Installing dependencies …");
  runQuietly([...npmWords(), "ci", ...(full ? [] : ["--omit=dev"])], folder);
}

function bunRuns() {
  return existsSync(BUN) && spawnSync(BUN, ["--version"]).status === 0;
}

/** Where install scripts are switched off, Bun is there but not in its place yet. */
function prepareBun() {
  if (bunRuns()) return;
  runQuietly([process.execPath, "install.js"], BUN_FOLDER);
  if (bunRuns()) return;
  say(`Bun does not run on this machine: ${BUN}`);
  process.exit(1);
}

/**
 * Runs a program in the project's folder and answers its exit code. Signals are the child's business: a Ctrl-C reaches
 * it from the terminal, and we stay until it has finished.
 */
function runProgram(words, stdio = "inherit") {
  const [program, ...rest] = words;
  const child = spawn(program, rest, { cwd: ROOT, stdio });
  const pass = (signal) => child.kill(signal);
  const ignore = () => undefined;
  process.on("SIGTERM", pass);
  process.on("SIGINT", ignore);
  const ended = new Promise((resolve) => {
    child.on("error", (error) => {
      say(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code, signal) => {
      process.off("SIGTERM", pass);
      process.off("SIGINT", ignore);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
  return { child, ended };
}

const runNode = (...words) => runProgram([process.execPath, ...words]).ended;
const runBun = (...words) => runProgram([BUN, ...words]).ended;

/** What stands before the unit tests: each is one step that passes or fails. */
const CHECKS = [
  ["types", () => runNode("node_modules/typescript/bin/tsc", "-p", ".")],
  // Another program of its own: it runs in a browser, with a browser's names.
  ["types of the page", () => runNode("node_modules/typescript/bin/tsc", "-p", "src/page")],
  ["lint and format", () => runNode("node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", ".")],
];

/** The last number that Bun's summary gives for a word; 0 when it names none. */
function readCount(text, word) {
  return Number([...text.matchAll(new RegExp(`^ *(\\d+) ${word}s?$`, "gm"))].at(-1)?.[1] ?? 0);
}

/** Runs tests, shows what Bun says, and counts. A run that ends badly without a failed test is a failure too. */
async function runTests(folders) {
  const { child, ended } = runProgram(
    [BUN, "test", "--timeout=60000", "--only-failures", ...folders],
    ["ignore", "inherit", "pipe"],
  );
  let tail = "";
  child.stderr.on("data", (chunk) => {
    process.stderr.write(chunk);
    tail = (tail + chunk).slice(-64 * 1024);
  });
  const code = await ended;
  const plain = stripVTControlCharacters(tail);
  const failed = readCount(plain, "fail");
  return { passed: readCount(plain, "pass"), failed: failed === 0 && code !== 0 ? 1 : failed };
}

async function runSteps(steps) {
  const counts = { passed: 0, failed: 0 };
  for (const [name, step] of steps) {
    if ((await step()) === 0) counts.passed += 1;
    else {
      counts.failed += 1;
      say(`failed: ${name}`);
    }
  }
  return counts;
}

async function check() {
  install(ROOT, true);
  prepareBun();
  const steps = await runSteps(CHECKS);
  const tests = await runTests(["test/unit", "test/house"]);
  return steps.failed + tests.failed === 0 ? 0 : 1;
}

async function test() {
  install(ROOT, true);
  prepareBun();
  if (existsSync(join(CLIENTS, "package.json"))) install(CLIENTS, true);
  const steps = await runSteps([["build", () => runBun("build.ts")], ...CHECKS]);
  const tests = await runTests([]);
  const failed = steps.failed + tests.failed;
  process.stdout.write(`${steps.passed + tests.passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

/** A task that is one run of Bun. */
function bunTask(words, withDev = false) {
  return async (rest) => {
    install(ROOT, withDev);
    prepareBun();
    return await runBun(...words, ...rest);
  };
}

const TASKS = {
  demo: bunTask(["src/main.ts", "demo"]),
  dev: (rest) => bunTask(["--watch", "src/main.ts"])(rest.length > 0 ? rest : ["daemon", "run"]),
  build: bunTask(["build.ts"]),
  bench: bunTask(["bench/run.ts"]),
  sim: bunTask(["test/sim/run.ts"], true),
  screenshots: bunTask(["scripts/screenshot-page.ts"], true),
  trials: bunTask(["trials/run.ts"], true),
  check,
  test,
};

const [name = "", ...rest] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name) ? TASKS[name] : null;
if (task === null) {
  say(`usage: node scripts/run.mjs ${Object.keys(TASKS).join("|")} [arguments]`);
  process.exitCode = 2;
} else {
  process.exitCode = await task(rest);
}
