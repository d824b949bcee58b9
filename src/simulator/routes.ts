/**
 * Question: which endpoint does a path mean?
 * Owns the map from method and path to an endpoint's name. Paths of the three hosts do not overlap, so one origin can serve all.
 * Must not look at hosts, bodies or credentials.
 */

export const ENDPOINTS = [
  "responses",
  "socket",
  "compact",
  "input-tokens",
  "stored-response",
  "models",
  "images",
  "embeddings",
  "search",
  "usage",
  "accounts-check",
  "reset-credits",
  "consume-reset-credit",
  "token",
  "refresh",
  "authorize",
  "revoke",
  "device-code",
  "device-token",
  "whoami",
  "unknown",
] as const;
/** `token` is the code and key exchange; the same path with a refresh grant is `refresh`. `socket` is the upgrade alone. */
export type Endpoint = (typeof ENDPOINTS)[number];

/** Whose rules hold: the ChatGPT backend, the API platform, or the sign-in host. */
export type Side = "chatgpt" | "openai" | "auth";

export interface Route {
  readonly endpoint: Endpoint;
  readonly side: Side;
}

interface Row extends Route {
  readonly method: string;
  readonly path: RegExp;
}

function row(method: string, path: RegExp, side: Side, endpoint: Endpoint): Row {
  return { method, path, side, endpoint };
}

const ROWS: readonly Row[] = [
  row("POST", /^\/backend-api\/codex\/responses$/, "chatgpt", "responses"),
  row("POST", /^\/v1\/responses$/, "openai", "responses"),
  row("GET", /^\/backend-api\/codex\/responses$/, "chatgpt", "socket"),
  row("GET", /^\/v1\/responses$/, "openai", "socket"),
  row("POST", /^\/backend-api\/codex\/responses\/compact$/, "chatgpt", "compact"),
  row("POST", /^\/v1\/responses\/compact$/, "openai", "compact"),
  row("POST", /^\/v1\/responses\/input_tokens$/, "openai", "input-tokens"),
  row("GET", /^\/v1\/responses\/[^/]+$/, "openai", "stored-response"),
  row("DELETE", /^\/v1\/responses\/[^/]+$/, "openai", "stored-response"),
  row("GET", /^\/backend-api\/codex\/models$/, "chatgpt", "models"),
  row("GET", /^\/v1\/models$/, "openai", "models"),
  row("POST", /^\/backend-api\/codex\/images\/(generations|edits)$/, "chatgpt", "images"),
  row("POST", /^\/v1\/images\/(generations|edits)$/, "openai", "images"),
  row("POST", /^\/v1\/embeddings$/, "openai", "embeddings"),
  row("POST", /^\/backend-api\/codex\/alpha\/search$/, "chatgpt", "search"),
  row("GET", /^(\/backend-api\/wham|\/api\/codex)\/usage$/, "chatgpt", "usage"),
  row("GET", /^(\/backend-api\/wham|\/api\/codex)\/accounts\/check$/, "chatgpt", "accounts-check"),
  row("GET", /^(\/backend-api\/wham|\/api\/codex)\/rate-limit-reset-credits$/, "chatgpt", "reset-credits"),
  row(
    "POST",
    /^(\/backend-api\/wham|\/api\/codex)\/rate-limit-reset-credits\/consume$/,
    "chatgpt",
    "consume-reset-credit",
  ),
  row("POST", /^\/oauth\/token$/, "auth", "token"),
  row("GET", /^\/oauth\/authorize$/, "auth", "authorize"),
  row("POST", /^\/oauth\/revoke$/, "auth", "revoke"),
  row("POST", /^\/api\/accounts\/deviceauth\/usercode$/, "auth", "device-code"),
  row("POST", /^\/api\/accounts\/deviceauth\/token$/, "auth", "device-token"),
  row("GET", /^\/api\/accounts\/v1\/user-auth-credential\/whoami$/, "auth", "whoami"),
];

/** The endpoint of this method and path; `unknown` on the side the path's prefix suggests. */
export function matchRoute(method: string, path: string): Route {
  const found = ROWS.find((candidate) => candidate.method === method && candidate.path.test(path));
  if (found !== undefined) return { endpoint: found.endpoint, side: found.side };
  if (path.startsWith("/v1/")) return { endpoint: "unknown", side: "openai" };
  return { endpoint: "unknown", side: path.startsWith("/backend-api/") ? "chatgpt" : "auth" };
}
