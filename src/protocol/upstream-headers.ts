/** Which head does a request travel with? An allow-list: what is not named here never leaves. */
import type { HeaderFields } from "./header-fields.ts";

/** Names that official clients send and upstream reads; values pass unchanged. */
export const PASSED_HEADERS = [
  "session-id",
  "session_id",
  "thread-id",
  "conversation_id",
  "x-client-request-id",
  "x-codex-window-id",
  "x-codex-turn-metadata",
  "x-codex-beta-features",
  "x-codex-parent-thread-id",
  "x-codex-image-turn-id",
  "x-openai-subagent",
  "x-openai-internal-codex-responses-lite",
] as const;

/** Sent where the client is not an official one: foreign agents are refused at the door. */
export const CODEX_VERSION = "0.169.0";
const ORIGINATOR = "codex_cli_rs";

export interface HeaderPlan {
  readonly identity:
    | {
        readonly kind: "chatgpt";
        readonly accessToken: string;
        readonly accountId: string | null;
        readonly fedramp: boolean;
        readonly routingOverride: string | null;
      }
    | { readonly kind: "api-key"; readonly apiKey: string };
  /** The client's own head. */
  readonly client: HeaderFields;
  readonly accept: "text/event-stream" | "application/json";
  /** Upstream's turn state, only when it came from this very account. */
  readonly turnState: string | null;
  /** Model and tier as really sent, for the routing hint; null leaves the hint out. */
  readonly sent: { readonly model: string; readonly serviceTier: string | null } | null;
  readonly platform: string;
}

/** Whether the client is one of OpenAI's own, which upstream knows by its originator. */
export function isCodexClient(client: HeaderFields): boolean {
  return /^codex[ _]/i.test(client["originator"] ?? "");
}

function agentHeaders(client: HeaderFields, platform: string): Record<string, string> {
  const { originator, "user-agent": agent } = client;
  const isWhole = isCodexClient(client) && originator !== undefined && agent !== undefined && agent !== "";
  if (isWhole) return { originator, "user-agent": agent };
  return { originator: ORIGINATOR, "user-agent": `${ORIGINATOR}/${CODEX_VERSION} (${platform}) codexuse` };
}

/** The whole head of a model request, except for what the transport adds by itself. */
export function buildUpstreamHeaders(plan: HeaderPlan): Record<string, string> {
  const { identity, client } = plan;
  const headers: Record<string, string> = {
    accept: plan.accept,
    "accept-encoding": "identity",
    "content-type": "application/json",
    ...agentHeaders(client, plan.platform),
  };
  for (const name of PASSED_HEADERS) {
    const value = client[name];
    if (value !== undefined) headers[name] = value;
  }
  if (plan.turnState !== null) headers["x-codex-turn-state"] = plan.turnState;
  if (identity.kind === "api-key") {
    headers["authorization"] = `Bearer ${identity.apiKey}`;
    return headers;
  }
  headers["authorization"] = `Bearer ${identity.accessToken}`;
  if (identity.accountId !== null) headers["chatgpt-account-id"] = identity.accountId;
  if (identity.fedramp) headers["x-openai-fedramp"] = "true";
  if (identity.routingOverride !== null) headers["x-openai-account-routing-override"] = identity.routingOverride;
  if (plan.sent !== null) {
    const { model, serviceTier } = plan.sent;
    headers["x-codex-routing-hint"] = serviceTier === "priority" ? `model=${model};tier=priority` : `model=${model}`;
  }
  return headers;
}

/** Names of upstream's answer that reach the client; quota figures are the account's and stay here. */
export const RETURNED_HEADERS = [
  "x-request-id",
  "x-oai-request-id",
  "cf-ray",
  "openai-model",
  "openai-processing-ms",
  "x-reasoning-included",
  "x-codex-turn-state",
] as const;
