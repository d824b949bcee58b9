/**
 * What comes of sending one refresh token once?
 *
 * Makes exactly one request and gives its outcome as data. Knows nothing of stores, leases or retries.
 */
import { LIMITS } from "../limits.ts";
import { ask, type Wire } from "./ask.ts";
import { CLIENT_ID, clientHeaders } from "./codex-client.ts";
import { judgeRefreshAnswer, type RefreshAnswer } from "./refresh-policy.ts";

export interface ExchangeRequest {
  readonly authUrl: string;
  readonly refreshToken: string;
  /** Upstream's word for the cause. */
  readonly reason: string;
  readonly proxyUrl: string | null;
}

/** Spends `refreshToken`. Never rejects: a timeout or a broken connection is the outcome `unknown`. */
export async function exchangeRefreshToken(wire: Wire, request: ExchangeRequest): Promise<RefreshAnswer> {
  const body = {
    client_id: CLIENT_ID,
    grant_type: "refresh_token",
    refresh_token: request.refreshToken,
    refresh_reason: request.reason,
  };
  const asked = await ask(
    wire,
    {
      method: "POST",
      url: `${request.authUrl}/oauth/token`,
      headers: { ...clientHeaders(), "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(body)),
      proxyUrl: request.proxyUrl,
    },
    { timeoutMs: LIMITS.refreshExchangeMs, bytesMax: LIMITS.errorBodyBytesMax },
  );
  if (asked.kind === "unanswered" && asked.unsent) {
    return { kind: "later", reason: "refresh-silent", retryAfterMs: null, unspent: true };
  }
  if (asked.kind !== "answered") return { kind: "unknown" };
  return judgeRefreshAnswer(asked.status, asked.text, asked.headers.get("retry-after"));
}
