/** How does a home look that has been used for long? Fills the stores of a fresh one, before anything serves from them. */
import type { Desk } from "../operations/operation.ts";
import type { SessionRecord } from "../ports.ts";
import type { TurnRecord } from "../router/rules/turn-record.ts";

export interface Size {
  readonly profiles: number;
  /** Used within the last minutes, so that they count. */
  readonly sessions: number;
  /** In the log, over the last month. */
  readonly turns: number;
}

const DAY_MS = 24 * 60 * 60_000;
const BATCH = 5_000;

function sessionAt(at: number, keyId: string, profileId: string, nowMs: number): SessionRecord {
  const usedAtMs = nowMs - (at % 500) * 1_000;
  return {
    id: `ses_filled${at}`,
    keyId,
    affinity: "thread-id",
    affinityHash: String(at).padStart(64, "0"),
    profileId,
    model: "gpt-5.5",
    turns: 3,
    rollovers: 0,
    lastRollover: null,
    createdAtMs: usedAtMs,
    lastUsedAtMs: usedAtMs,
  };
}

function turnAt(at: number, count: number, keyId: string, sessions: number, nowMs: number): TurnRecord {
  const startedAtMs = nowMs - Math.round((at / count) * 29 * DAY_MS);
  return {
    id: `turn_filled${at}`,
    sessionId: `ses_filled${at % Math.max(1, sessions)}`,
    keyId,
    model: "gpt-5.5",
    upstreamModel: "gpt-5.5",
    startedAtMs,
    endedAtMs: startedAtMs + 5_000,
    end: "done",
    status: 200,
    profile: "bench-0",
    attempts: [{ profile: "bench-0", outcome: "served", reason: "bound", ms: 5_000 }],
    considered: [{ profile: "bench-0", verdict: "chosen", reason: "bound, 80 % left" }],
    responseId: `resp_filled${at}`,
    usage: { inputTokens: 9_000, cachedTokens: 8_000, outputTokens: 400 },
  };
}

/** Selects every profile, turns the pool on, and writes sessions and turns as if they had happened. */
export function fillHome(desk: Desk, keyId: string, size: Size): void {
  const settings = desk.settings();
  const runtime = desk.runtime("daemon");
  const nowMs = desk.clock.now();
  const ids = settings.profiles().map((profile) => profile.id);
  for (const id of ids) settings.updateProfile(id, { selected: true });
  settings.updatePool({ enabled: true });
  const profileAt = (at: number) => ids[at % ids.length] ?? "";
  for (let from = 0; from < Math.max(size.sessions, size.turns); from += BATCH) {
    const places = Array.from({ length: BATCH }, (_, step) => from + step);
    runtime.keepTogether({
      usedKeys: [],
      newSessions: places.filter((at) => at < size.sessions).map((at) => sessionAt(at, keyId, profileAt(at), nowMs)),
      changedSessions: [],
      turns: places.filter((at) => at < size.turns).map((at) => turnAt(at, size.turns, keyId, size.sessions, nowMs)),
    });
  }
}
