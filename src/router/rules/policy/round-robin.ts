/** Accounts in turn: the next one after the last that took a new session, in a fixed order. */
import type { Candidate } from "../candidate.ts";

/** `lastAccountKey` is the account that took the newest session; null before the first. */
export function rankRoundRobin(candidates: readonly Candidate[], lastAccountKey: string | null): Candidate[] {
  const ordered = [...candidates].sort((a, b) =>
    a.accountKey < b.accountKey ? -1 : a.accountKey > b.accountKey ? 1 : 0,
  );
  if (lastAccountKey === null) return ordered;
  const start = ordered.findIndex((candidate) => candidate.accountKey > lastAccountKey);
  return start <= 0 ? ordered : [...ordered.slice(start), ...ordered.slice(0, start)];
}
