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

/** Runs one scenario of the official `openai` package and answers what it printed. */
export async function runOpenaiSdk(endpoint: Endpoint, scenario: string, argument = ""): Promise<unknown> {
  findClient("openai");
  const folder = useTempHome();
  const env = bareEnvironment(folder, { BASE_URL: endpoint.baseUrl, API_KEY: endpoint.key });
  const script = join(CLIENTS_FOLDER, "scenarios", "openai-sdk.mjs");
  const run = expectExit(await runProcess(["node", script, scenario, argument], { cwd: folder, env }), 0);
  return JSON.parse(run.stdout);
}
