/** What does a sign-in's code become? Makes exactly one request and gives its outcome as data. */
import { LIMITS } from "../limits.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { ask, type Wire } from "./ask.ts";
import { parseAuthJson, type SavedLogin } from "./auth-json.ts";
import { CLIENT_ID, clientHeaders } from "./codex-client.ts";
import { asFields, readField } from "./json-fields.ts";

export interface CodeExchange {
  readonly authUrl: string;
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly proxyUrl: string | null;
}

export type ExchangedCode =
  | { readonly kind: "signed-in"; readonly saved: SavedLogin }
  /** Upstream does not take the code, or gave something that is no sign-in for it. */
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "unreachable" };

/** Rejects only with the reason of `signal`. The code is good for one use, so nothing is tried again. */
export async function exchangeCode(wire: Wire, exchange: CodeExchange, signal: AbortSignal): Promise<ExchangedCode> {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: CLIENT_ID,
    code: exchange.code,
    redirect_uri: exchange.redirectUri,
    code_verifier: exchange.verifier,
  });
  const asked = await ask(
    wire,
    {
      method: "POST",
      url: `${exchange.authUrl}/oauth/token`,
      headers: { ...clientHeaders(), "content-type": "application/x-www-form-urlencoded" },
      body: new TextEncoder().encode(form.toString()),
      proxyUrl: exchange.proxyUrl,
    },
    { timeoutMs: LIMITS.refreshExchangeMs, bytesMax: LIMITS.errorBodyBytesMax },
    signal,
  );
  if (asked.kind !== "answered") return { kind: "unreachable" };
  const saved = asked.status === 200 ? readSignIn(asked.text, wire.clock.now()) : null;
  return saved === null ? { kind: "refused", status: asked.status } : { kind: "signed-in", saved };
}

/** The answer as Codex would have saved it, so that one reader knows what a sign-in is. Null without an access token. */
function readSignIn(text: string, nowMs: number): SavedLogin | null {
  const body = asFields(parseJson(text));
  const names = ["id_token", "access_token", "refresh_token"] as const;
  const tokens = Object.fromEntries(names.map((name) => [name, readField(body, name)]));
  const last_refresh = new Date(nowMs).toISOString();
  const parsed = parseAuthJson(JSON.stringify({ auth_mode: "chatgpt", tokens, last_refresh }));
  return parsed.kind === "ok" && parsed.saved.kind === "chatgpt" ? parsed.saved : null;
}
