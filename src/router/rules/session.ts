/** Which conversation does a turn belong to, and does a move bind it anew? */
import type { Considered } from "./choose.ts";

export const AFFINITIES = [
  "thread-id",
  "session-id",
  "previous-response",
  "conversation",
  "prompt-cache-key",
  "client-session",
  "fingerprint",
] as const;
/** Which part of a request named its session, the most exact first. */
export type Affinity = (typeof AFFINITIES)[number];

/** What a request says about its conversation; every field may be missing. */
export interface SessionHints {
  readonly threadId: string | null;
  readonly sessionId: string | null;
  /** The session that made the response the request goes on from, when we know it. */
  readonly previousResponseSession: string | null;
  readonly conversation: string | null;
  readonly promptCacheKey: string | null;
  readonly clientSession: string | null;
  readonly model: string;
  readonly instructions: string;
  readonly firstUserText: string;
}

export interface SessionKey {
  readonly affinity: Affinity;
  /** What names the session within its key; to be hashed before it is kept. */
  readonly text: string;
}

const NAMES = [
  ["thread-id", "threadId"],
  ["session-id", "sessionId"],
  ["previous-response", "previousResponseSession"],
  ["conversation", "conversation"],
  ["prompt-cache-key", "promptCacheKey"],
  ["client-session", "clientSession"],
] as const satisfies readonly (readonly [Affinity, keyof SessionHints])[];

/** Always gives a key: clients that name nothing are told apart by how their conversation begins. */
export function sessionKeyOf(hints: SessionHints): SessionKey {
  for (const [affinity, field] of NAMES) {
    const text = hints[field];
    if (text !== null && text !== "") return { affinity, text };
  }
  return {
    affinity: "fingerprint",
    text: JSON.stringify([hints.model, hints.instructions, hints.firstUserText]),
  };
}

/** Exclusions that pass by themselves within the time given are a detour: the session stays at home. */
export function isDetour(home: Considered | undefined, nowMs: number, detourMaxMs: number): boolean {
  if (home === undefined || home.exclusion === null) return home !== undefined;
  switch (home.exclusion.reason) {
    case "cooling":
      return home.exclusion.untilMs !== null && home.exclusion.untilMs - nowMs <= detourMaxMs;
    case "tried":
    case "same-account":
      return true;
    default:
      return false;
  }
}
