/** Plain data for the rules: candidates, needs and evidence, of which a test names only what it is about. */
import { readErrorBody, readEventError } from "../../src/protocol/upstream-error.ts";
import {
  type AccountState,
  type Cooldown,
  MAIN_LIMIT,
  type QuotaWindow,
  UNKNOWN_ACCOUNT_STATE,
} from "../../src/router/rules/account-state.ts";
import type { Candidate, Needs } from "../../src/router/rules/candidate.ts";
import { type Choice, type ChoiceInput, chooseProfile } from "../../src/router/rules/choose.ts";
import { classifyFailure } from "../../src/router/rules/classify.ts";
import type { Evidence, Failure, Phase } from "../../src/router/rules/failure.ts";
import { hintedUntilMs } from "../../src/router/rules/retry-after.ts";
import {
  type EventFailureName,
  failureNamed,
  type HttpFailureName,
  httpFailureNamed,
} from "../../src/simulator/failures.ts";
import { createSeededRng } from "../../src/simulator/rng.ts";

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The instant all rules are asked at, the same as the simulator's refusals are written at. */
export const NOW = Date.UTC(2026, 10, 22, 12);
export const MODEL = "gpt-6-sol";

/** A five-hour window of the ordinary limit, half used, seen just now. */
export function quotaWindow(change: Partial<QuotaWindow> = {}): QuotaWindow {
  const base = { limit: MAIN_LIMIT, minutes: 300, usedPercent: 50, resetsAtMs: NOW + HOUR_MS, observedAtMs: NOW };
  return { ...base, ...change };
}

/** A pause of the whole account that began a moment ago and runs for a minute. */
export function pause(change: Partial<Cooldown> = {}): Cooldown {
  const instants = { sinceMs: NOW - SECOND_MS, untilMs: NOW + MINUTE_MS };
  return { model: null, reason: "rate-limit", ...instants, untilSource: "upstream", strikes: 1, ...change };
}

export function accountState(change: Partial<AccountState> = {}): AccountState {
  return { ...UNKNOWN_ACCOUNT_STATE, ...change };
}

/** What an account looks like of which this much is used. */
export function used(usedPercent: number): AccountState {
  return accountState({ windows: [quotaWindow({ usedPercent })] });
}

/** A profile that may serve; its account is its own, named after it. */
export function candidate(name: string, change: Partial<Candidate> = {}): Candidate {
  return {
    profileId: name,
    name,
    kind: "chatgpt",
    accountKey: `account-${name}`,
    workspaceId: null,
    plan: "plus",
    selected: true,
    signInNeeded: null,
    reservePercent: 0,
    state: UNKNOWN_ACCOUNT_STATE,
    models: null,
    inFlight: 0,
    boundSessions: 0,
    ...change,
  };
}

export function needs(change: Partial<Needs> = {}): Needs {
  return {
    upstreamModel: MODEL,
    isListed: true,
    kinds: ["chatgpt", "api-key"],
    boundProfileId: null,
    ownerProfileId: null,
    tried: new Set(),
    ...change,
  };
}

export const PROBE_AFTER_MS = 10 * MINUTE_MS;

/** Everything a choice is made from; least-used, and the same chance every time. */
export function choiceInput(candidates: readonly Candidate[], change: Partial<ChoiceInput> = {}): ChoiceInput {
  return {
    candidates,
    needs: needs(),
    routing: "least-used",
    lastAccountKey: null,
    nowMs: NOW,
    rng: createSeededRng(1),
    isEnabled: true,
    probeAfterMs: PROBE_AFTER_MS,
    ...change,
  };
}

/** The chosen one's name and why; `nobody` when there is none. */
export function wordsOf(choice: Choice): string {
  return choice.kind === "nobody" ? "nobody" : `${choice.candidate.name}: ${choice.reason}`;
}

export function chosenOf(candidates: readonly Candidate[], change: Partial<ChoiceInput> = {}): string {
  return wordsOf(chooseProfile(choiceInput(candidates, change)));
}

type HttpEvidence = Extract<Evidence, { from: "http" }>;
type EventEvidence = Extract<Evidence, { from: "event" }>;

export function httpEvidence(status: number, change: Partial<HttpEvidence> = {}): HttpEvidence {
  return {
    from: "http",
    status,
    codes: [],
    message: "",
    reachedType: null,
    hintUntilMs: null,
    blocked: false,
    accountKind: "chatgpt",
    ...change,
  };
}

export function eventEvidence(codes: readonly string[], change: Partial<EventEvidence> = {}): EventEvidence {
  return { from: "event", phase: "held", event: "failed", codes, message: "", hintUntilMs: null, ...change };
}

const HINT_MAX_MS = 31 * DAY_MS;

/** What the engine sees of a refusal with a status, read from its bytes. */
export function evidenceOfHttp(name: HttpFailureName): Evidence {
  const { status, headers, body } = httpFailureNamed(name);
  const { codes, message, resetsAt, resetsInSeconds, isPage } = readErrorBody(body);
  const retryAfter = headers["retry-after"] ?? null;
  return httpEvidence(status, {
    codes,
    message,
    reachedType: headers["x-codex-rate-limit-reached-type"] ?? null,
    hintUntilMs: hintedUntilMs({ resetsAt, resetsInSeconds, retryAfter, message }, NOW, HINT_MAX_MS),
    blocked: isPage,
  });
}

/** What the engine sees of an event that ends a stream, read from its text. */
export function evidenceOfEvent(name: EventFailureName, phase: Phase): Evidence {
  const failure = failureNamed(name);
  if (failure.kind !== "event") throw new Error(`${name} is no event`);
  const type = failure.event["type"];
  const event = type === "error" ? "error" : type === "response.incomplete" ? "incomplete" : "failed";
  const { codes, message, resetsAt, resetsInSeconds } = readEventError(JSON.stringify(failure.event));
  const hints = { resetsAt, resetsInSeconds, retryAfter: null, message };
  return eventEvidence(codes, { phase, event, message, hintUntilMs: hintedUntilMs(hints, NOW, HINT_MAX_MS) });
}

/** The failure a name of the catalogue stands for. */
export function httpFailure(name: HttpFailureName): Failure {
  return classifyFailure(evidenceOfHttp(name));
}
