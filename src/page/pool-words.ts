/** How does the pool stand, and what is the next thing to do? Pure. */
import type { PageSnapshot } from "../operations/page-wire.ts";
import { countAccounts, isAble, type Tone } from "./profile-words.ts";
import type { SectionId } from "./section.tsx";

export interface Standing {
  readonly tone: Tone;
  readonly text: string;
}

export function poolStanding({ pool }: PageSnapshot): Standing {
  if (!pool.enabled) return { tone: "quiet", text: "Off. Clients are told so until you switch it on." };
  const selected = pool.profiles.filter((profile) => profile.selected);
  if (selected.length === 0) return { tone: "warn", text: "On, but no profile is in the pool yet." };
  const able = countAccounts(selected.filter(isAble));
  if (able === 0) return { tone: "bad", text: "On, but no profile of the pool can take a turn now." };
  const accounts = countAccounts(selected);
  if (able < accounts) return { tone: "warn", text: `On. ${able} of ${accounts} accounts can take a turn now.` };
  return {
    tone: "good",
    text: accounts === 1 ? "On. Its one account is ready." : `On. All ${accounts} accounts are ready.`,
  };
}

export interface FirstStep {
  readonly title: string;
  readonly isDone: boolean;
  readonly section: SectionId;
}

/** What a new owner does, in order. */
export function firstSteps(snapshot: PageSnapshot): FirstStep[] {
  const { pool, keys, turns, sessions } = snapshot;
  const hasKey = keys.some((key) => key.runtime === pool.runtime);
  return [
    { title: "Save a sign-in", isDone: pool.profiles.length > 0, section: "profiles" },
    { title: "Put it in the pool", isDone: pool.profiles.some((profile) => profile.selected), section: "profiles" },
    { title: "Switch the pool on", isDone: pool.enabled, section: "pool" },
    { title: "Create an API key", isDone: hasKey, section: "keys" },
    { title: "Ask your first question", isDone: turns.length > 0 || sessions.length > 0, section: "connect" },
  ];
}

const HOUR_MS = 3_600_000;

/** Turns of the last 24 h. */
export function turnsOfDay({ history }: PageSnapshot, nowMs: number): number {
  const buckets = history.turns.flatMap((line) => line.buckets);
  const recent = buckets.filter((bucket) => Date.parse(bucket.at) > nowMs - 24 * HOUR_MS);
  return recent.reduce((sum, bucket) => sum + bucket.turns, 0);
}
