/** What do the codes of a turn's record mean, in words a newcomer understands? Pure; one sentence for every code. */
import type { ChoiceReason } from "../router/rules/choose.ts";
import type { Exclusion } from "../router/rules/eligibility.ts";
import type { FailureKind } from "../router/rules/failure.ts";

export const CHOICE_WORDS: Readonly<Record<ChoiceReason, string>> = {
  bound: "the session lives there, so its prompt cache is warm",
  owner: "it made what the conversation carries, which no other account can read",
  "most-room": "it had the most room of all accounts that could serve",
  "next-in-turn": "it was next in turn",
  "only-paused": "every other account was out, and its own short pause was a soft one",
  probe: "every account was at its limit, and this limit was due to be tried again",
};

export const EXCLUSION_WORDS: Readonly<Record<Exclusion, string>> = {
  "pool-disabled": "the pool was off",
  "not-selected": "it is not in the pool",
  "sign-in-needed": "it needs to sign in again",
  "wrong-kind": "this kind of account cannot serve the request",
  "model-not-offered": "it does not offer the model",
  tried: "it had already failed in this turn",
  cooling: "it was pausing",
  exhausted: "its quota was used up",
  "below-reserve": "only the reserve was left, which is kept out of the pool",
  "same-account": "another profile of the same account stands for it",
};

export const FAILURE_WORDS: Readonly<Record<FailureKind, string>> = {
  "usage-limit": "its usage limit was reached",
  "workspace-limit": "the limit of its workspace was reached",
  "plan-excluded": "its plan does not include the model",
  "rate-limit": "it was rate limited for a moment",
  billing: "it has run out of money or credits",
  "slow-down": "upstream asked it to slow down",
  "token-refused": "its access token was refused",
  "sign-in-refused": "its sign-in was refused",
  "sign-in-needed": "it needs to sign in again",
  "account-deactivated": "the account has been deactivated",
  "key-refused": "its API key was refused",
  "workspace-deactivated": "its workspace has been deactivated",
  "access-denied": "it has no access to this",
  "network-blocked": "something on the way blocked the request",
  "model-not-offered": "it does not offer the model",
  "foreign-content": "the conversation carries content that only another account can read",
  "response-not-found": "the response the request goes on from is not known there",
  "bad-request": "upstream found the request itself to be wrong",
  "not-found": "upstream does not know what was asked for",
  "request-too-large": "the request was too large",
  "try-elsewhere": "upstream asked to try again",
  overloaded: "upstream was overloaded",
  "server-error": "upstream failed",
  unreachable: "upstream could not be reached",
  "token-unavailable": "its access token could not be renewed just then",
  "head-timeout": "upstream did not begin to answer in time",
  silence: "upstream fell silent",
  "turn-timeout": "the turn took longer than any may",
  "broken-stream": "the answer broke off",
  "client-left": "the client left",
};

/** Codes come from a record that an older or newer version may have written, so any text is possible. */
function wordsOf(table: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(table, code) ? (table[code] ?? code) : code;
}

/** `served` with why it was chosen, or what went wrong. */
export function attemptWords(outcome: string, reason: string): string {
  if (outcome === "served") return `served: ${wordsOf(CHOICE_WORDS, reason)}`;
  const words = wordsOf(FAILURE_WORDS, outcome);
  return reason === "" || reason === outcome ? words : `${words} (${reason})`;
}

/** The verdict on one account; `detail` is what made it pause. */
export function consideredWords(verdict: string, reason: string): string {
  if (verdict === "eligible") return `could have served, ${reason}`;
  if (verdict === "chosen") {
    const [code = "", ...room] = reason.split(", ");
    return [`chosen: ${wordsOf(CHOICE_WORDS, code)}`, ...room].join(", ");
  }
  const [code = "", detail] = reason.split(": ");
  const words = wordsOf(EXCLUSION_WORDS, code);
  return detail === undefined ? words : `${words}: ${wordsOf(FAILURE_WORDS, detail)}`;
}
