/** Accounts in turn: the next one after the last that took a new session, in a fixed order. */
import type { Candidate } from "../candidate.ts";

/** `lastAccountKey` is the account that took the newest session; null before the first. Null when there is nobody. */
export function pickRoundRobin(candidates: readonly Candidate[], lastAccountKey: string | null): Candidate | null {
  let first: Candidate | null = null;
  let next: Candidate | null = null;
  for (const candidate of candidates) {
    const { accountKey } = candidate;
    if (first === null || accountKey < first.accountKey) first = candidate;
    if (lastAccountKey === null || accountKey <= lastAccountKey) continue;
    if (next === null || accountKey < next.accountKey) next = candidate;
  }
  return next ?? first;
}
