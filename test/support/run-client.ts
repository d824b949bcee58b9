/** Runs a real client of test/clients in a process of its own, as its users do. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bareEnvironment, expectExit, runProcess } from "./run-process.ts";
import { useTempHome } from "./temp-home.ts";

const CLIENTS_FOLDER = join(import.meta.dir, "..", "clients");

/** Throws, and says what to do, where the packages have not been installed. */
export function findClient(path: string): string {
  const found = join(CLIENTS_FOLDER, "node_modules", path);
  if (existsSync(found)) return found;
  throw new Error("The real clients are not there. Install them with: npm ci --prefix test/clients");
}

export interface Endpoint {
  readonly baseUrl: string;
  readonly key: string;
}

/** Runs a script of test/clients/scenarios and answers what it printed. */
async function runScript(endpoint: Endpoint, script: string, words: readonly string[]): Promise<unknown> {
  const folder = useTempHome();
  const env = bareEnvironment(folder, { BASE_URL: endpoint.baseUrl, API_KEY: endpoint.key });
  const path = join(CLIENTS_FOLDER, "scenarios", script);
  const run = expectExit(await runProcess(["node", path, ...words], { cwd: folder, env }), 0);
  return JSON.parse(run.stdout);
}

/** Runs one scenario of the official `openai` package and answers what it printed. */
export function runOpenaiSdk(endpoint: Endpoint, scenario: string, argument = ""): Promise<unknown> {
  findClient("openai");
  return runScript(endpoint, "openai-sdk.mjs", [scenario, argument]);
}

export type ScenarioClient = "ai-sdk" | "agents" | "langchain";

/** Runs one scenario of another client, in one of the modes that its script names, and answers what it printed. */
export function runClient(
  endpoint: Endpoint,
  client: ScenarioClient,
  mode: string,
  scenario: string,
  argument = "",
): Promise<unknown> {
  findClient("ai");
  return runScript(endpoint, `${client}.mjs`, [mode, scenario, argument]);
}
