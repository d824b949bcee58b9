/** The real Codex CLI, without a person and without a network: own homes, one provider, which is the pool. */
import { onTestFinished } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Endpoint, findClient } from "./run-client.ts";
import { bareEnvironment, type ProcessRun, runProcess } from "./run-process.ts";
import { makeTempHome } from "./temp-home.ts";

export interface Codex {
  /** Where it works. */
  readonly workspace: string;
  readonly codexHome: string;
  /** Gives it a task. */
  exec(prompt: string): Promise<ProcessRun>;
  /** Goes on with its last conversation. */
  resumeLast(prompt: string): Promise<ProcessRun>;
}

/** What Codex told of one run. */
export interface CodexStory {
  readonly threadId: string;
  /** Its last words. */
  readonly said: string;
  /** Messages of all its `error` events: also of each time it had to connect anew. */
  readonly errors: readonly string[];
  /** Why the turn failed; null when it did not. */
  readonly failure: string | null;
}

export interface CodexOptions {
  readonly model?: string;
  /** A sign-in of its own, which it then sends to the provider; without one it sends the pool's key. */
  readonly login?: unknown;
  /** Whether it is told that the pool speaks WebSocket. */
  readonly sockets?: boolean;
  /** Variables besides those that keep it by itself. */
  readonly env?: Readonly<Record<string, string>>;
}

const TASK_MS = 30_000;
/** Nobody listens at port 1: whatever Codex wants from elsewhere is refused at once. */
const NOWHERE = "http://127.0.0.1:1";

function configOf(baseUrl: string, model: string, isSignedIn: boolean, hasSockets: boolean): string {
  return `
model = "${model}"
model_provider = "pool"
check_for_update_on_startup = false
web_search = "disabled"

[model_providers.pool]
name = "codexuse"
base_url = "${baseUrl}"
wire_api = "responses"
supports_websockets = ${hasSockets}
${isSignedIn ? "requires_openai_auth = true" : 'env_key = "CODEXUSE_KEY"'}

[analytics]
enabled = false
`;
}

/** A Codex of the test's own, signed in nowhere; its folders go with the test. */
export function installCodex(endpoint: Endpoint, options: CodexOptions = {}): Codex {
  const { path: place, remove } = makeTempHome();
  onTestFinished(remove);
  const workspace = join(place, "workspace");
  const codexHome = join(place, "codex-home");
  for (const folder of [workspace, codexHome]) mkdirSync(folder);
  writeFileSync(
    join(codexHome, "config.toml"),
    configOf(endpoint.baseUrl, options.model ?? "gpt-5.5", options.login !== undefined, options.sockets === true),
  );
  if (options.login !== undefined)
    writeFileSync(join(codexHome, "auth.json"), JSON.stringify(options.login), { mode: 0o600 });
  const proxies = Object.fromEntries(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map((name) => [name, NOWHERE]));
  const env = bareEnvironment(place, {
    ...proxies,
    NO_PROXY: "127.0.0.1",
    CODEX_HOME: codexHome,
    CODEXUSE_KEY: endpoint.key,
    ...options.env,
  });
  const program = ["node", findClient("@openai/codex/bin/codex.js"), "exec"];
  const flags = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];
  const run = (words: readonly string[]): Promise<ProcessRun> =>
    runProcess([...program, ...words], { cwd: workspace, env, timeoutMs: TASK_MS });
  return {
    workspace,
    codexHome,
    exec: (prompt) => run([...flags, prompt]),
    resumeLast: (prompt) => run(["resume", "--last", ...flags, prompt]),
  };
}

/** Reads the events of a run, one JSON document a line. */
export function readStory(run: ProcessRun): CodexStory {
  const events: CodexEvent[] = run.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const ofType = (type: string): CodexEvent[] => events.filter((event) => event.type === type);
  const messages = events.filter((event) => event.item?.type === "agent_message");
  return {
    threadId: ofType("thread.started")[0]?.thread_id ?? "",
    said: messages.at(-1)?.item?.text ?? "",
    errors: ofType("error").map((event) => event.message ?? ""),
    failure: ofType("turn.failed")[0]?.error?.message ?? null,
  };
}

interface CodexEvent {
  readonly type: string;
  readonly thread_id?: string;
  readonly message?: string;
  readonly error?: { readonly message: string };
  readonly item?: { readonly type: string; readonly text?: string };
}
