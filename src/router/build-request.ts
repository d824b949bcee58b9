/** What does an account get for this turn? Body and head, each changed only where the route and the kind of account ask for it. */
import type { Identity, Lane } from "../ports.ts";
import { withField } from "../protocol/form.ts";
import { buildUpstreamBody } from "../protocol/upstream-body.ts";
import { buildUpstreamHeaders, isCodexClient } from "../protocol/upstream-headers.ts";
import type { AttemptInput } from "./attempt.ts";
import type { Engine } from "./engine.ts";

export interface BuiltRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string;
  /** Members of the client's request that the account cannot honour. */
  readonly ignored: readonly string[];
}

/** Whether the account answers in one piece: on some routes every one, for a turn that does not stream an API key. */
export function comesWhole({ turn }: AttemptInput, identity: Identity): boolean {
  return turn.route.isWhole || (identity.kind === "api-key" && !turn.request.stream);
}

/** A client's connection may have one of its own upstream, where the account offers that: ChatGPT accounts do. */
export function laneOf({ turn }: AttemptInput, identity: Identity): Lane | null {
  const isOffered = identity.kind === "chatgpt" && turn.route.fit === "turn" && !turn.route.isWhole;
  return isOffered ? turn.lane : null;
}

/** Model and tier as they are sent; upstream wants to know beforehand only of turns. */
function hintOf({ turn, model }: AttemptInput): { model: string; serviceTier: "priority" | null } | null {
  if (turn.route.fit !== "turn") return null;
  const clientTier = turn.request.body["service_tier"];
  const isPriority = model.serviceTier === "priority" || clientTier === "priority" || clientTier === "fast";
  return { model: model.upstreamModel, serviceTier: isPriority ? "priority" : null };
}

export function buildRequest(engine: Engine, input: AttemptInput, identity: Identity): BuiltRequest {
  const { turn, model, progress } = input;
  const headers = buildUpstreamHeaders({
    identity,
    client: turn.client,
    accept: comesWhole(input, identity) ? "application/json" : "text/event-stream",
    turnState: input.turnState,
    sent: hintOf(input),
    platform: engine.platform,
  });
  if (turn.form !== null) {
    const { bytes, contentType } = withField(turn.form, "model", model.upstreamModel);
    return { headers: { ...headers, "content-type": contentType }, body: new Uint8Array(bytes), ignored: [] };
  }
  const { text, ignored } = buildUpstreamBody(turn.request, {
    fit: turn.route.fit,
    accountKind: identity.kind,
    upstreamModel: model.upstreamModel,
    effort: model.effort,
    serviceTier: model.serviceTier,
    sanitise: progress.sanitised,
    isCodexClient: isCodexClient(turn.client),
  });
  return { headers, body: text, ignored };
}
