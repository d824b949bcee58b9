/** Whose personal access token is this? Asked of upstream, because such a token says nothing by itself. */
import { LIMITS } from "../limits.ts";
import type { Endpoints } from "../ports.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { ask, type Wire } from "./ask.ts";
import { clientHeaders } from "./codex-client.ts";
import type { LoginIdentity } from "./identity.ts";
import { asFields, readField, readText } from "./json-fields.ts";

export type Whoami =
  | { readonly kind: "known"; readonly identity: LoginIdentity }
  /** Upstream does not accept the token. */
  | { readonly kind: "refused" }
  | { readonly kind: "unavailable" };

const TIMEOUT_MS = 15_000;

/** `proxyUrl`: the profile's own, from the very first call on. */
export async function askWhoami(
  wire: Wire,
  endpoints: Endpoints,
  { token, proxyUrl }: { readonly token: string; readonly proxyUrl: string | null },
): Promise<Whoami> {
  const asked = await ask(
    wire,
    {
      method: "GET",
      url: `${endpoints.authUrl}/api/accounts/v1/user-auth-credential/whoami`,
      headers: { ...clientHeaders(), authorization: `Bearer ${token}` },
      body: null,
      proxyUrl,
    },
    { timeoutMs: TIMEOUT_MS, bytesMax: LIMITS.errorBodyBytesMax },
  );
  if (asked.kind !== "answered") return { kind: "unavailable" };
  if (asked.status === 401 || asked.status === 403) return { kind: "refused" };
  const identity = asked.status === 200 ? parseWhoami(parseJson(asked.text)) : null;
  return identity === null ? { kind: "unavailable" } : { kind: "known", identity };
}

/** Null when the answer names neither a workspace nor a person. */
function parseWhoami(json: unknown): LoginIdentity | null {
  const body = asFields(json);
  const workspaceId = readText(body, "chatgpt_account_id");
  const userId = readText(body, "chatgpt_user_id");
  const email = readText(body, "email");
  if (workspaceId === null && userId === null && email === null) return null;
  return {
    workspaceId,
    userId,
    email,
    plan: readText(body, "chatgpt_plan_type"),
    fedramp: readField(body, "chatgpt_account_is_fedramp") === true,
  };
}
