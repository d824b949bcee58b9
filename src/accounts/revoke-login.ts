/** How is a sign-in ended upstream? Sends once; only on the owner's explicit wish, because other programs may share it. */
import { LIMITS } from "../limits.ts";
import type { Endpoints } from "../ports.ts";
import { ask, type Wire } from "./ask.ts";
import { CLIENT_ID, clientHeaders } from "./codex-client.ts";

export interface RevokeRequest {
  readonly refreshToken: string;
  readonly proxyUrl: string | null;
}

const TIMEOUT_MS = 15_000;

/** Whether upstream has confirmed it. Every access token of the sign-in ends with its chain of refresh tokens. */
export async function revokeLogin(wire: Wire, endpoints: Endpoints, request: RevokeRequest): Promise<boolean> {
  const body = { token: request.refreshToken, token_type_hint: "refresh_token", client_id: CLIENT_ID };
  const asked = await ask(
    wire,
    {
      method: "POST",
      url: `${endpoints.authUrl}/oauth/revoke`,
      headers: { ...clientHeaders(), "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(body)),
      proxyUrl: request.proxyUrl,
    },
    { timeoutMs: TIMEOUT_MS, bytesMax: LIMITS.errorBodyBytesMax },
  );
  return asked.kind === "answered" && asked.status >= 200 && asked.status < 300;
}
