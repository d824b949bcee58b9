/** What the simulator's own tests ask with: requests in the real shape, and the reading of a stream. */
import type { SimApiKeyAccount, SimChatgptAccount } from "../../../src/simulator/account.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/simulator/clock.ts";
import type { JsonObject } from "../../../src/simulator/content.ts";
import type { LoginTokens } from "../../../src/simulator/logins.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../../src/simulator/simulator.ts";

export const START_MS = Date.UTC(2026, 10, 22, 12);
export const TURN_URL = "https://chatgpt.com/backend-api/codex/responses";
export const USAGE_URL = "https://chatgpt.com/backend-api/wham/usage";
export const TOKEN_URL = "https://auth.openai.com/oauth/token";
export const PLATFORM_URL = "https://api.openai.com/v1/responses";
export const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

export interface SmallWorld {
  readonly clock: VirtualClock;
  readonly sim: Simulator;
  readonly anna: SimChatgptAccount;
  readonly login: LoginTokens;
}

/** A simulator on a virtual clock with one account and one login. */
export function aWorld(options: SimulatorOptions = {}): SmallWorld {
  const clock = createVirtualClock(START_MS);
  const sim = createSimulator({ clock, ...options });
  const anna = sim.addChatgptAccount({ name: "anna", percentPerTurn: 1 });
  return { clock, sim, anna, login: anna.login() };
}

export function aBody(differing: JsonObject = {}): JsonObject {
  const content = [{ type: "input_text", text: "hello" }];
  return {
    model: "gpt-5.5",
    instructions: "",
    input: [{ type: "message", role: "user", content }],
    stream: true,
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "thread-1",
    ...differing,
  };
}

export function chatgptHeaders(account: SimChatgptAccount, accessToken: string): Record<string, string> {
  return {
    authorization: `Bearer ${accessToken}`,
    "chatgpt-account-id": account.accountId,
    "content-type": "application/json",
  };
}

export interface AskOptions {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

export function aTurn(
  account: SimChatgptAccount,
  login: LoginTokens,
  body: JsonObject = aBody(),
  options: AskOptions = {},
): Request {
  return new Request(TURN_URL, {
    method: "POST",
    headers: { ...chatgptHeaders(account, login.accessToken), ...options.headers },
    body: options.body ?? JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

export function aPlatformTurn(account: SimApiKeyAccount, body: JsonObject): Request {
  return new Request(PLATFORM_URL, {
    method: "POST",
    headers: { authorization: `Bearer ${account.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function aRefresh(refreshToken: string, differing: JsonObject = {}): Request {
  const body = { client_id: CLIENT_ID, grant_type: "refresh_token", refresh_token: refreshToken, ...differing };
  return new Request(TOKEN_URL, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function aGet(url: string, account: SimChatgptAccount, login: LoginTokens): Request {
  return new Request(url, { headers: chatgptHeaders(account, login.accessToken) });
}

/** The events of a stream written in the plain form (no comments, line feeds). */
export function readEvents(written: string): JsonObject[] {
  return written
    .split("\n\n")
    .filter((block) => block.includes("data: "))
    .map((block) => JSON.parse(block.slice(block.indexOf("data: ") + 6)));
}

export function typesOf(events: readonly JsonObject[]): unknown[] {
  return events.map((event) => event["type"]);
}

/** A nested value of parsed JSON, by path. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

/** Claims of a JWT. */
export function claimsOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}

/** How work failed; undefined when it did not. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}
