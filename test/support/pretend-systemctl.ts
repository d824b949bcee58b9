/**
 * Stands in for `systemctl --user` with one unit: starts what its `ExecStart` says, waits for it to say that it is ready
 * as `Type=notify` does, and remembers what became of it. Its state is one file, `$PRETEND_SYSTEMD/state.json`.
 * `$PRETEND_AS=liar` makes it claim success and start something that never serves.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../src/daemon/process-age.ts";
import { listenForNotes } from "./notify-listener.ts";
import { waitUntil } from "./wait-until.ts";

interface State {
  readonly pid: number;
  readonly status: string;
  readonly enabled: boolean;
}

const PLACE = process.env["PRETEND_SYSTEMD"] ?? "";
const STATE = join(PLACE, "state.json");
const UNIT = join(process.env["HOME"] ?? "", ".config", "systemd", "user", "codexuse.service");
const READY_MS = 15_000;
const GONE_MS = 10_000;

function readState(): State {
  return existsSync(STATE) ? JSON.parse(readFileSync(STATE, "utf8")) : { pid: 0, status: "", enabled: false };
}

function writeState(change: Partial<State>): void {
  writeFileSync(STATE, JSON.stringify({ ...readState(), ...change }));
}

/** The words of a line as systemd takes them apart: quotes, backslashes, and doubled marks. */
function wordsOf(line: string): string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word));
}

function valuesOf(name: string): string[] {
  const lines = readFileSync(UNIT, "utf8").split("\n");
  const values = lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  return values.map((value) => value.replaceAll("%%", "%"));
}

function environment(socket: string): Record<string, string> {
  const set = valuesOf("Environment").flatMap(wordsOf);
  const pairs = set.map((pair): [string, string] => [
    pair.slice(0, pair.indexOf("=")),
    pair.slice(pair.indexOf("=") + 1),
  ]);
  return { PATH: process.env["PATH"] ?? "", NOTIFY_SOCKET: socket, ...Object.fromEntries(pairs) };
}

async function start(): Promise<void> {
  const socket = join(PLACE, "notify");
  const listener = listenForNotes(socket);
  const words =
    process.env["PRETEND_AS"] === "liar"
      ? ["sleep", "1"]
      : valuesOf("ExecStart").flatMap((line) => wordsOf(line).map((word) => word.replaceAll("$$", "$")));
  const child = Bun.spawn(words, { env: environment(socket), detached: true, stdio: ["ignore", "ignore", "ignore"] });
  writeState({ pid: child.pid, status: "" });
  if (process.env["PRETEND_AS"] !== "liar") {
    const heard: string[] = [];
    await waitUntil("ready", () => heard.push(...listener.heard()) > 0 || child.exitCode !== null, READY_MS);
    writeState({ status: /STATUS=(.*)/.exec(heard.join(""))?.[1] ?? "" });
  }
  listener.close();
  child.unref();
  if (child.exitCode !== null) {
    process.stderr.write("Job for codexuse.service failed because the control process exited with error code.\n");
    process.exit(1);
  }
}

async function stop(): Promise<void> {
  const { pid } = readState();
  if (pid > 0 && isAlive(pid)) {
    process.kill(pid, "SIGTERM");
    await waitUntil("the end of the service", () => !isAlive(pid), GONE_MS);
  }
  writeState({ pid: 0, status: "" });
}

function show(): void {
  const { pid, status } = readState();
  const lives = pid > 0 && isAlive(pid);
  const lines = [`ActiveState=${lives ? "active" : "inactive"}`, "Result=success", `MainPID=${lives ? pid : 0}`];
  process.stdout.write(`${[...lines, `StatusText=${status}`].join("\n")}\n`);
}

const words = process.argv.slice(2).filter((word) => !word.startsWith("--") || word === "--now");
appendFileSync(join(PLACE, "asked.txt"), `${words.join(" ")}\n`);
const [verb] = words;
if (verb === "enable") writeState({ enabled: true });
if (verb === "disable") writeState({ enabled: false });
if (verb === "restart" || verb === "stop" || words.includes("--now")) await stop();
if ((verb === "start" && !isAlive(readState().pid || 2 ** 30)) || verb === "restart") await start();
if (verb === "show") show();
if (verb === "disable" && readState().pid === 0) rmSync(STATE, { force: true });
