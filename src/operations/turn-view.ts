/** A turn as its owner sees it: what was asked, who was tried, who was considered, and why. */
import { type Static, Type } from "typebox";
import type { RuntimeStore } from "../ports.ts";
import type { TurnRecord } from "../router/rules/turn-record.ts";
import { attemptWords, consideredWords } from "./explain-words.ts";
import { nullable, WireTime, wireTime } from "./shapes.ts";

export const TurnView = Type.Object({
  id: Type.String(),
  session: Type.String(),
  key: Type.String(),
  model: Type.String(),
  upstream_model: Type.String(),
  started_at: WireTime,
  ended_at: WireTime,
  ended: Type.String(),
  status: Type.Number(),
  profile: nullable(Type.String()),
  attempts: Type.Array(
    Type.Object({
      profile: Type.String(),
      outcome: Type.String(),
      reason: Type.String(),
      words: Type.String(),
      ms: Type.Number(),
    }),
  ),
  considered: Type.Array(
    Type.Object({ profile: Type.String(), verdict: Type.String(), reason: Type.String(), words: Type.String() }),
  ),
  usage: nullable(
    Type.Object({ input_tokens: Type.Number(), cached_tokens: Type.Number(), output_tokens: Type.Number() }),
  ),
});
export type TurnView = Static<typeof TurnView>;

/** `key` is the key's name where it still has one, else its id. */
export function turnView(turn: TurnRecord, store: RuntimeStore): TurnView {
  const { usage } = turn;
  return {
    id: turn.id,
    session: turn.sessionId,
    key: store.keys().find((key) => key.id === turn.keyId)?.name ?? turn.keyId,
    model: turn.model,
    upstream_model: turn.upstreamModel,
    started_at: wireTime(turn.startedAtMs),
    ended_at: wireTime(turn.endedAtMs),
    ended: turn.end,
    status: turn.status,
    profile: turn.profile,
    attempts: turn.attempts.map((attempt) => ({ ...attempt, words: attemptWords(attempt.outcome, attempt.reason) })),
    considered: turn.considered.map((entry) => ({ ...entry, words: consideredWords(entry.verdict, entry.reason) })),
    usage:
      usage === null
        ? null
        : { input_tokens: usage.inputTokens, cached_tokens: usage.cachedTokens, output_tokens: usage.outputTokens },
  };
}
