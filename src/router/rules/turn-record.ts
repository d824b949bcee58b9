/** What a turn leaves behind: who was considered, what was tried, how it ended. Holds no body, key, token or address. */

export const TURN_ENDS = ["done", "incomplete", "failed", "cut", "client-left", "refused"] as const;
/** How a turn ended; `cut` is an upstream that died after output had reached the client. */
export type TurnEnd = (typeof TURN_ENDS)[number];

export interface AttemptRecord {
  readonly profile: string;
  /** `served`, or the kind of the failure. */
  readonly outcome: string;
  readonly reason: string;
  readonly ms: number;
}

export interface ConsideredRecord {
  readonly profile: string;
  readonly verdict: "chosen" | "eligible" | "excluded";
  readonly reason: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

export interface TurnRecord {
  readonly id: string;
  /** Empty for a turn that was refused before it came to a session. */
  readonly sessionId: string;
  readonly keyId: string;
  /** The public name the client asked for. */
  readonly model: string;
  /** Empty when the public name means nothing. */
  readonly upstreamModel: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly end: TurnEnd;
  readonly status: number;
  readonly profile: string | null;
  /** Upstream's id of the answer, by which the client may go on; null when there was none, or it may not. */
  readonly responseId: string | null;
  readonly attempts: readonly AttemptRecord[];
  /** Of the last choice. */
  readonly considered: readonly ConsideredRecord[];
  readonly usage: TokenUsage | null;
}
