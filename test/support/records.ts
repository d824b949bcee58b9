/** Whole records of the stores, of which a test names only what it is about. */
import type { Credential, KeyRecord, ProfileRecord, SessionRecord } from "../../src/ports.ts";
import type { Cooldown, QuotaWindow } from "../../src/router/rules/account-state.ts";
import type { TurnRecord } from "../../src/router/rules/turn-record.ts";

export function aProfile(change: Partial<ProfileRecord> = {}): ProfileRecord {
  return {
    id: "profile-1",
    name: "Work",
    kind: "chatgpt",
    ownership: "owned",
    linkPath: null,
    accountKey: "account-1",
    workspaceId: "workspace-1",
    userId: "user-1",
    email: "person@example.test",
    plan: "plus",
    fedramp: false,
    selected: false,
    reservePercent: 0,
    proxyUrl: null,
    signIn: { state: "ok" },
    createdAtMs: 1_000,
    ...change,
  };
}

type ChatGptCredential = Extract<Credential, { kind: "chatgpt" }>;

export function aCredential(change: Partial<ChatGptCredential> = {}): ChatGptCredential {
  return {
    kind: "chatgpt",
    accessToken: "access-1",
    refreshToken: "refresh-1",
    idToken: "id-1",
    expiresAtMs: 9_000_000,
    lastRefreshAtMs: null,
    ...change,
  };
}

export function aWindow(change: Partial<QuotaWindow> = {}): QuotaWindow {
  return { limit: "codex", minutes: 300, usedPercent: 25, resetsAtMs: 5_000, observedAtMs: 1_000, ...change };
}

export function aCooldown(change: Partial<Cooldown> = {}): Cooldown {
  return {
    model: null,
    reason: "quota",
    sinceMs: 1_000,
    untilMs: 2_000,
    untilSource: "upstream",
    strikes: 1,
    ...change,
  };
}

export function aKey(change: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: "key-1",
    name: "laptop",
    hash: "a".repeat(64),
    last4: "wxyz",
    createdAtMs: 1_000,
    lastUsedAtMs: null,
    revokedAtMs: null,
    ...change,
  };
}

export function aSession(change: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: "session-1",
    keyId: "key-1",
    affinity: "thread-id",
    affinityHash: "b".repeat(64),
    profileId: "profile-1",
    model: "gpt-5",
    turns: 1,
    rollovers: 0,
    lastRollover: null,
    createdAtMs: 1_000,
    lastUsedAtMs: 1_000,
    ...change,
  };
}

export function aTurn(change: Partial<TurnRecord> = {}): TurnRecord {
  return {
    id: "turn-1",
    sessionId: "session-1",
    keyId: "key-1",
    model: "gpt-5-high",
    upstreamModel: "gpt-5",
    startedAtMs: 1_000,
    endedAtMs: 2_000,
    end: "done",
    status: 200,
    profile: "Work",
    responseId: null,
    attempts: [{ profile: "Work", outcome: "served", reason: "", ms: 900 }],
    considered: [{ profile: "Work", verdict: "chosen", reason: "most-room" }],
    usage: { inputTokens: 10, cachedTokens: 5, outputTokens: 3 },
    ...change,
  };
}
