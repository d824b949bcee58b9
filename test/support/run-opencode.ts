/** The real opencode, without a person and without a network: a home of its own, one provider, which is the pool. */
import { onTestFinished } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Endpoint, findClient } from "./run-client.ts";
import { bareEnvironment, type ProcessRun, runProcess } from "./run-process.ts";
import { makeTempHome } from "./temp-home.ts";

/** Packages of the AI SDK that opencode speaks to a provider with. */
export const OPENCODE_PACKAGES = ["@ai-sdk/openai-compatible", "@ai-sdk/openai"] as const;
export type OpencodePackage = (typeof OPENCODE_PACKAGES)[number];

export interface Opencode {
  /** Gives it a task, in a conversation of its own. */
  run(prompt: string): Promise<ProcessRun>;
  /** Goes on with its last conversation. */
  goOn(prompt: string): Promise<ProcessRun>;
}

const TASK_MS = 45_000;
const MODEL = "codexuse/gpt-5.5";
/** Nobody listens at port 1: whatever opencode wants from elsewhere is refused at once. */
const NOWHERE = "http://127.0.0.1:1";

/** What keeps it from looking for news, models and plugins. */
const BY_ITSELF = {
  HTTP_PROXY: NOWHERE,
  HTTPS_PROXY: NOWHERE,
  NO_PROXY: "127.0.0.1,localhost",
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_SHARE: "1",
};

/** As its users write it down. */
function configOf({ baseUrl, key }: Endpoint, npm: OpencodePackage): string {
  const options = { baseURL: baseUrl, apiKey: key };
  const provider = { npm, name: "codexuse", options, models: { "gpt-5.5": { name: "gpt-5.5" } } };
  return JSON.stringify({
    $schema: "https://opencode.ai/config.json",
    provider: { codexuse: provider },
    model: MODEL,
    small_model: MODEL,
    permission: { bash: "allow" },
  });
}

/** The program of the platform's own package: the one that is called `opencode-ai` only fetches and starts it. */
function findProgram(): string {
  return findClient("opencode-linux-x64-baseline/bin/opencode");
}

/** An opencode of the test's own; its folders go with the test. */
export function installOpencode(endpoint: Endpoint, npm: OpencodePackage): Opencode {
  const { path: place, remove } = makeTempHome();
  onTestFinished(remove);
  const workspace = join(place, "workspace");
  mkdirSync(workspace);
  const env = bareEnvironment(place, { ...BY_ITSELF, OPENCODE_CONFIG_CONTENT: configOf(endpoint, npm) });
  const run = (words: readonly string[]): Promise<ProcessRun> =>
    runProcess([findProgram(), "run", "--format", "json", ...words], { cwd: workspace, env, timeoutMs: TASK_MS });
  return { run: (prompt) => run([prompt]), goOn: (prompt) => run(["--continue", prompt]) };
}

interface OpencodeEvent {
  readonly type: string;
  readonly part?: { readonly text?: string };
  readonly error?: { readonly data?: { readonly message?: string; readonly statusCode?: number } };
}

/** What it said to the user, and the errors it met. */
export function readSaid(run: ProcessRun): { readonly text: string; readonly errors: readonly string[] } {
  const events: OpencodeEvent[] = run.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const texts = events.filter((event) => event.type === "text").map((event) => event.part?.text ?? "");
  const errors = events.filter((event) => event.type === "error").map((event) => event.error?.data?.message ?? "");
  return { text: texts.join(""), errors };
}
