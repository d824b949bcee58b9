/** Which hosts may be talked to? Reads the four bases and refuses any that would carry credentials in clear. */
import type { Endpoints, Environment } from "../ports.ts";

export const DEFAULT_ENDPOINTS: Endpoints = {
  chatgptUrl: "https://chatgpt.com/backend-api",
  authUrl: "https://auth.openai.com",
  openaiUrl: "https://api.openai.com/v1",
  telegramUrl: "https://api.telegram.org",
};

const VARIABLES: readonly (readonly [keyof Endpoints, string])[] = [
  ["chatgptUrl", "CODEXUSE_CHATGPT_URL"],
  ["authUrl", "CODEXUSE_AUTH_URL"],
  ["openaiUrl", "CODEXUSE_OPENAI_URL"],
  ["telegramUrl", "CODEXUSE_TELEGRAM_URL"],
];

export type ReadEndpoints =
  | { readonly kind: "ok"; readonly endpoints: Endpoints }
  | { readonly kind: "refused"; readonly variable: string; readonly reason: string };

export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

/** Why an override cannot be used; null when it can. */
function refusedBase(value: string): string | null {
  if (!URL.canParse(value)) return "it is not a URL";
  const url = new URL(value);
  if (url.username !== "" || url.password !== "") return "it holds a user name or password";
  if (url.search !== "" || url.hash !== "") return "it has a query or a fragment";
  if (url.protocol === "https:") return null;
  if (url.protocol === "http:" && isLoopbackHost(url.hostname)) return null;
  return "it is neither https nor on this machine, so credentials would travel in clear";
}

/** The bases in force. An unusable override is refused, never ignored. */
export function readEndpoints(env: Environment): ReadEndpoints {
  let endpoints = DEFAULT_ENDPOINTS;
  for (const [name, variable] of VARIABLES) {
    const value = env[variable];
    if (value === undefined || value === "") continue;
    const reason = refusedBase(value);
    if (reason !== null) return { kind: "refused", variable, reason };
    endpoints = { ...endpoints, [name]: value.replace(/\/+$/, "") };
  }
  return { kind: "ok", endpoints };
}
