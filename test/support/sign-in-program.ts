/** The program as its owner runs it to sign in: a process that says an address, waits, and can be typed to. */
import { onTestFinished } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { bareEnvironment, expectExit, jsonOf, type ProcessRun, runProcess, tailOf } from "./run-process.ts";
import { makeTempHome } from "./temp-home.ts";
import { waitUntil } from "./wait-until.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
const BOUND_MS = 20_000;

export interface Program {
  readonly sim: Simulator;
  /** A folder of the test's own; the home is in it. */
  readonly place: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs to its end, with this on stdin. */
  run(words: readonly string[], stdin?: string): Promise<ProcessRun>;
  /** The same for what must end well, with `--json`. */
  json(words: readonly string[], stdin?: string): Promise<Record<string, unknown>>;
  start(...words: string[]): RunningProgram;
}

export interface RunningProgram {
  readonly pid: number;
  said(): string;
  printed(): string;
  /** The address it says to open; waits until it has. */
  address(): Promise<string>;
  type(line: string): void;
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
  readonly exited: Promise<number>;
}

export interface Executable {
  readonly words: readonly string[];
  readonly sim: Simulator;
  readonly place: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Keeps what a stream has brought so far. */
function collect(stream: ReadableStream<Uint8Array>): () => string {
  let text = "";
  const decoder = new TextDecoder();
  const read = async (): Promise<void> => {
    for await (const bytes of stream) text += decoder.decode(bytes, { stream: true });
  };
  void read();
  return () => text;
}

/** Any port of this machine may be come back to: the simulated upstream does not mind. */
export function asProgram({ words, sim, place, home, env: given }: Executable): Program {
  const env = { CODEXUSE_CALLBACK_PORTS: "0,0", ...given };
  const run = (more: readonly string[], stdin?: string): Promise<ProcessRun> =>
    runProcess([...words, ...more], { cwd: place, env, ...(stdin === undefined ? {} : { stdin }) });
  return {
    sim,
    place,
    home,
    env,
    run,
    json: async (more, stdin) => jsonOf(expectExit(await run([...more, "--json"], stdin), 0)),
    start(...more) {
      const child = Bun.spawn([...words, ...more], { cwd: place, env, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
      onTestFinished(() => child.kill("SIGKILL"));
      const said = collect(child.stderr);
      const printed = collect(child.stdout);
      return {
        pid: child.pid,
        said,
        printed,
        exited: child.exited,
        type: (line) => {
          child.stdin.write(`${line}\n`);
          child.stdin.flush();
        },
        signal: (name) => child.kill(name),
        address: async () => {
          const found = () => /^http\S+$/m.exec(said())?.[0];
          await waitUntil(`an address to open; said: ${tailOf(said())}`, () => found() !== undefined, BOUND_MS);
          return found() ?? "";
        },
      };
    },
  };
}

/** The program from source, with an upstream and an empty home; gone with the test. */
export async function sourceProgram(options: SimulatorOptions = {}): Promise<Program> {
  const { path: place, remove } = makeTempHome();
  const home = join(place, "home");
  mkdirSync(home, { mode: 0o700 });
  const sim = createSimulator(options);
  const served = await serveSimulator(sim);
  onTestFinished(async () => {
    await served.stop();
    remove();
  });
  const env = bareEnvironment(place, {
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
  });
  return asProgram({ words: [process.execPath, MAIN], sim, place, home, env });
}

/** What upstream's page sends the browser back to; it approves at once. */
export async function approve(address: string): Promise<string> {
  const answer = await fetch(address, { redirect: "manual" });
  await answer.body?.cancel();
  const back = answer.headers.get("location");
  if (back === null) throw new Error(`upstream's page answered ${answer.status} without a way back`);
  return back;
}
