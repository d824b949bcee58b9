/**
 * The world of the demo: a simulated OpenAI on loopback, pretend accounts, and a runtime of its own in a home that is
 * thrown away. Owns its beginning and its end; touches nothing of the owner's.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningRuntime } from "../../app.ts";
import { addPoolProfiles } from "../../operations/add-pool-profiles.ts";
import { createKey } from "../../operations/create-key.ts";
import { enablePool } from "../../operations/enable-pool.ts";
import { explainTurn } from "../../operations/explain-turn.ts";
import { importProfiles } from "../../operations/import-profiles.ts";
import { type Desk, OperationError } from "../../operations/operation.ts";
import type { TurnView } from "../../operations/turn-view.ts";
import type { Environment } from "../../ports.ts";
import type { SimChatgptAccount } from "../../simulator/account.ts";
import { type ServedSimulator, serveSimulator } from "../../simulator/serve-simulator.ts";
import { createSimulator, type Simulator } from "../../simulator/simulator.ts";
import type { TelemetryEvent } from "../../telemetry/events.ts";
import type { CommandIo } from "../command-io.ts";

export interface PretendWorld {
  readonly desk: Desk;
  readonly running: RunningRuntime;
  readonly key: string;
  account(name: string): SimChatgptAccount | null;
  /** What the next answers say, whoever gives them. */
  sayNext(text: string): void;
  /** The record of a turn that has been answered. */
  explain(turn: string): Promise<TurnView>;
  close(): Promise<void>;
}

const RUNTIME = "daemon";
const LOOK_AGAIN_MS = 20;
const MOST_LOOKS = 250;
const ACCOUNTS = [
  { name: "anna", plan: "plus" },
  { name: "ben", plan: "plus" },
  { name: "carla", plan: "pro" },
] as const;

/** A proxy of the environment's would be asked for loopback addresses too. */
function environmentFor(io: CommandIo, home: string, served: ServedSimulator): Environment {
  return {
    ...io.env,
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: served.chatgptUrl,
    CODEXUSE_AUTH_URL: served.authUrl,
    CODEXUSE_OPENAI_URL: served.openaiUrl,
    CREDENTIALS_DIRECTORY: undefined,
    NO_PROXY: "127.0.0.1,localhost",
  };
}

async function fillPool(desk: Desk, home: string, sim: Simulator): Promise<void> {
  for (const account of ACCOUNTS.map((options) => sim.addChatgptAccount(options))) {
    const path = join(home, `${account.name}.json`);
    writeFileSync(path, JSON.stringify(account.authJson()), { mode: 0o600 });
    await importProfiles.run(desk, { path, name: account.name });
  }
  await addPoolProfiles.run(desk, { profiles: ACCOUNTS.map((account) => account.name) });
  await enablePool.run(desk, {});
}

/** A turn is written down a moment after its last byte went out. */
async function explainSoon(desk: Desk, io: CommandIo, id: string): Promise<TurnView> {
  for (let looks = 1; ; looks += 1) {
    try {
      const { turn } = await explainTurn.run(desk, { runtime: RUNTIME, id });
      return turn;
    } catch (error) {
      if (!(error instanceof OperationError) || looks === MOST_LOOKS) throw error;
      await new Promise<void>((resolve) => io.clock.after(LOOK_AGAIN_MS, resolve));
    }
  }
}

/** `paceMs` lies between two events of an answer. */
export async function openPretendWorld(io: CommandIo, paceMs: number): Promise<PretendWorld> {
  const home = mkdtempSync(join(tmpdir(), "codexuse-demo-"));
  const sim = createSimulator();
  sim.script.pace({ eventDelayMs: paceMs, deltaChars: 8 });
  const served = await serveSimulator(sim);
  try {
    const env = environmentFor(io, home, served);
    const desk = await io.doors.openDesk(env);
    await fillPool(desk, home, sim);
    const onEvent = (event: TelemetryEvent) => {
      if (event.kind === "internal-error" && io.env["CODEXUSE_DEBUG"] === "1") io.tell("error", event.text);
    };
    const running = await io.doors.startRuntime({ runtime: RUNTIME, home, port: 0, env, onEvent });
    const { key } = await createKey.run(desk, { runtime: RUNTIME, name: "demo" });
    return {
      desk,
      running,
      key,
      account: (name) =>
        sim.accounts.find((one) => one.kind === "chatgpt" && one.name === name) as SimChatgptAccount | null,
      sayNext: (text) => sim.reply(text),
      explain: (turn) => explainSoon(desk, io, turn),
      close: async () => {
        await running.stop("demo over");
        await served.stop();
        rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await served.stop();
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}
