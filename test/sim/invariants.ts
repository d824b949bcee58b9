/**
 * What must hold in every world, whatever befalls it. Checked at every choice, event and end of a turn; each breach is one
 * plain sentence that begins with the number of its invariant.
 */
import { LIMITS } from "../../src/limits.ts";
import { VERDICTS } from "../../src/router/rules/classify.ts";
import { FAILURE_KINDS, type FailureKind } from "../../src/router/rules/failure.ts";
import type { AttemptRecord, TurnRecord } from "../../src/router/rules/turn-record.ts";
import type { TelemetryEvent } from "../../src/telemetry/events.ts";
import type { Outcome } from "./ask.ts";
import { checkChoice } from "./choice-invariants.ts";
import { callIdsOf, viewOf } from "./client-view.ts";
import { SECOND_MS } from "./clock-units.ts";
import type { Pool } from "./pool.ts";
import { CANARY } from "./script-answers.ts";
import type { RecordedChoice } from "./watched-live-state.ts";

export interface Invariants {
  readonly breaches: readonly string[];
  onChoice(choice: RecordedChoice): void;
  onEvent(event: TelemetryEvent): void;
  onOutcome(outcome: Outcome): void;
  onLeft(turnId: string): void;
  /** All turns are over and no work is left. */
  atRest(): void;
}

/** How soon upstream must have been let go after a client has left. */
const LET_GO_MS = SECOND_MS;
/** Nothing that looks like one of these may be kept or told. */
const SECRET = /rt\.1\.|eyJ[\w-]{8}|eyOpaque|sk-proj-|at-[\w-]{20}|@example\.com/;

interface Watch {
  readonly pool: () => Pool;
  readonly breaches: string[];
  readonly settled: Map<string, number>;
  readonly outcomes: Map<string, Outcome>;
  readonly pauses: string[];
  readonly failures: string[];
  /** Where each session lives, as last told. */
  readonly homes: Map<string, string | null>;
  violationsSeen: number;
  /** Refresh tokens that upstream has taken, and how far its records have been read for them. */
  readonly spent: Set<string>;
  recordsSeen: number;
  retries: { atMs: number; count: number }[];
}

export function watchInvariants(pool: () => Pool): Invariants {
  const watch: Watch = {
    pool,
    breaches: [],
    settled: new Map(),
    outcomes: new Map(),
    pauses: [],
    failures: [],
    homes: new Map(),
    violationsSeen: 0,
    spent: new Set(),
    recordsSeen: 0,
    retries: [],
  };
  return {
    breaches: watch.breaches,
    onChoice: (choice) => checkChoice(choice, (invariant, what) => breach(watch, invariant, what)),
    onEvent: (event) => onEvent(watch, event),
    onOutcome: (outcome) => onOutcome(watch, outcome),
    onLeft: (turnId) => pool().clock.after(LET_GO_MS, () => checkLetGo(watch, turnId)),
    atRest: () => checkAtRest(watch),
  };
}

function breach(watch: Watch, invariant: number, what: string): void {
  watch.breaches.push(`invariant ${invariant}: ${what}`);
}

function onEvent(watch: Watch, event: TelemetryEvent): void {
  checkSecrets(watch, `event ${event.kind}`, JSON.stringify(event));
  switch (event.kind) {
    case "turn-settled":
      watch.settled.set(event.turn.id, (watch.settled.get(event.turn.id) ?? 0) + 1);
      checkEndsOnce(watch, event.turn.id);
      checkAttempts(watch, event.turn);
      checkHome(watch, event.turn.sessionId);
      noteFailures(watch, event.turn);
      return;
    case "session-moved":
      if (event.reason === "") breach(watch, 4, `session ${event.sessionId} moved without a reason`);
      return;
    case "account-paused":
      watch.pauses.push(`${event.profile} ${event.reason}`);
      return;
    case "internal-error":
      breach(watch, 1, `a bug: ${event.text}`);
  }
}

/** 1. Each turn ends exactly once. */
function checkEndsOnce(watch: Watch, turnId: string): void {
  const times = watch.settled.get(turnId) ?? 0;
  if (times > 1) breach(watch, 1, `${turnId} was settled ${times} times`);
}

/** 4. A session changes its profile only with a rollover on record, and with the failure behind it. */
function checkHome(watch: Watch, sessionId: string): void {
  const session = watch.pool().runtime.session(sessionId);
  if (session === null) return;
  const before = watch.homes.get(sessionId) ?? null;
  watch.homes.set(sessionId, session.profileId);
  if (before === null || before === session.profileId) return;
  const move = session.lastRollover;
  if (move === null || move.to !== session.profileId || move.reason === "") {
    breach(watch, 4, `session ${sessionId} lives elsewhere without a rollover on record`);
  }
}

function kindOf(attempt: AttemptRecord): FailureKind | null {
  return FAILURE_KINDS.find((kind) => kind === attempt.outcome) ?? null;
}

/** Refusals of single accounts are walked past; everything else may have cost upstream something. */
function isWalkedPast(attempt: AttemptRecord): boolean {
  const kind = kindOf(attempt);
  return kind !== null && ["profile", "account", "workspace", "model"].includes(VERDICTS[kind].scope);
}

/** 6. A bad request is sent once; no turn makes more than `attemptsMax`; the retry budget holds. */
function checkAttempts(watch: Watch, turn: TurnRecord): void {
  const counted = turn.attempts.filter((attempt) => !isWalkedPast(attempt));
  if (counted.length > LIMITS.attemptsMax) breach(watch, 6, `${turn.id} made ${counted.length} attempts`);
  const walked = turn.attempts.length - counted.length;
  const walkedMax = 2 * watch.pool().settings.profiles().length;
  if (walked > walkedMax) breach(watch, 6, `${turn.id} walked past ${walked} refusals of ${walkedMax} at most`);
  const bad = turn.attempts.findIndex((attempt) => {
    const kind = kindOf(attempt);
    return kind !== null && VERDICTS[kind].scope === "turn";
  });
  if (bad >= 0 && bad !== turn.attempts.length - 1) breach(watch, 6, `${turn.id} sent a bad request again`);
  checkBudget(watch, turn);
}

/** Retries of an ailing upstream, over all turns: what was allowed at first, by time, and by turns. */
function checkBudget(watch: Watch, turn: TurnRecord): void {
  const faults = turn.attempts.slice(0, -1).filter((attempt) => {
    const kind = kindOf(attempt);
    return kind !== null && VERDICTS[kind].scope === "upstream";
  });
  if (faults.length === 0) return;
  const nowMs = watch.pool().clock.now();
  watch.retries.push({ atMs: turn.startedAtMs, count: faults.length });
  watch.retries = watch.retries.filter((entry) => nowMs - entry.atMs < 60 * SECOND_MS);
  const retried = watch.retries.reduce((sum, entry) => sum + entry.count, 0);
  const allowed = 50 + 2 * 60 + 0.2 * watch.settled.size;
  if (retried > allowed) breach(watch, 6, `${retried} retries within a minute, ${allowed} allowed`);
}

function noteFailures(watch: Watch, turn: TurnRecord): void {
  for (const attempt of turn.attempts) watch.failures.push(`${attempt.profile} ${attempt.outcome}`);
}

function onOutcome(watch: Watch, outcome: Outcome): void {
  watch.outcomes.set(outcome.turnId, outcome);
  if (outcome.kind === "crashed") breach(watch, 1, `${outcome.turnId} crashed: ${outcome.error}`);
  if (outcome.kind === "refused") checkSecrets(watch, `answer to ${outcome.turnId}`, outcome.text);
  checkView(watch, outcome);
  checkNoRetryAfterCommit(watch, outcome);
  checkViolations(watch);
  noteSpentTokens(watch);
}

/** 2. A response holds bytes of one attempt only, and is the beginning of what upstream sent. */
function checkView(watch: Watch, outcome: Outcome): void {
  const view = viewOf(outcome, watch.pool().attemptsOf(outcome.turnId));
  if (view.kind === "wrong") breach(watch, 2, `${outcome.turnId} got ${view.why}`);
  const callIds = callIdsOf(outcome);
  if (new Set(callIds).size < callIds.length) breach(watch, 2, `${outcome.turnId} got a tool call twice`);
}

/** 7. Nothing is tried again once a client has seen something. */
function checkNoRetryAfterCommit(watch: Watch, outcome: Outcome): void {
  const { headAtMs } = outcome;
  if (outcome.kind !== "stream" || headAtMs === null) return;
  const late = watch
    .pool()
    .attemptsOf(outcome.turnId)
    .filter((attempt) => attempt.record.at > headAtMs);
  if (late.length > 0) breach(watch, 7, `${outcome.turnId} was tried again after its head was given`);
}

/** 3. No token travels with another account's id. 9. A refresh token is spent once, unless its answer was lost. */
function checkViolations(watch: Watch): void {
  const { sim, unread } = watch.pool();
  const { violations, requests } = sim;
  for (const violation of violations.slice(watch.violationsSeen)) {
    if (violation.kind !== "refresh-token-reused") {
      breach(watch, 3, `${violation.kind}: ${violation.note}`);
      continue;
    }
    const wasLost = requests.some((record) => {
      const isLost = record.outcome === "cut" || record.outcome === "cancelled" || unread.includes(record);
      return record.endpoint === "refresh" && record.account === violation.account && isLost;
    });
    if (!wasLost) breach(watch, 9, `a refresh token of ${violation.account} was spent twice`);
  }
  watch.violationsSeen = violations.length;
}

/** Faults behind which the exchange was carried out all the same. */
const LOST_ANSWERS: readonly (string | null)[] = [null, "drop-after-commit", "reset-after-accept"];

function noteSpentTokens(watch: Watch): void {
  const { requests } = watch.pool().sim;
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const record = requests[index];
    if (record === undefined || record.id <= watch.recordsSeen) break;
    if (record.endpoint !== "refresh" || !LOST_ANSWERS.includes(record.fault)) continue;
    const isTaken = record.fault !== null || record.status === 200;
    const body = typeof record.body === "object" && record.body !== null ? { ...record.body } : {};
    const token: unknown = Reflect.get(body, "refresh_token");
    if (isTaken && typeof token === "string") watch.spent.add(token);
  }
  watch.recordsSeen = requests.at(-1)?.id ?? watch.recordsSeen;
}

/** 8. Upstream is let go soon after a client has left. */
function checkLetGo(watch: Watch, turnId: string): void {
  const open = watch
    .pool()
    .attemptsOf(turnId)
    .filter((attempt) => attempt.record.outcome === "open");
  if (open.length > 0) breach(watch, 8, `upstream still works on ${turnId}, whose client has left`);
}

/** 11. No secret appears in anything that is kept or told. */
function checkSecrets(watch: Watch, where: string, text: string): void {
  const found = SECRET.exec(text)?.[0] ?? (text.includes(CANARY) ? "the prompt" : null);
  if (found !== null) breach(watch, 11, `${where} tells ${found.slice(0, 12)}…`);
}

function checkAtRest(watch: Watch): void {
  const pool = watch.pool();
  const held = pool.engine().live.inFlightTotal();
  if (held !== 0) breach(watch, 1, `${held} attempts are still held at rest`);
  for (const outcome of watch.outcomes.values()) {
    const isKilled = outcome.kind === "killed";
    if (!isKilled && watch.settled.get(outcome.turnId) !== 1) breach(watch, 1, `${outcome.turnId} was never settled`);
  }
  checkPauses(watch);
  checkTokens(watch);
  checkViolations(watch);
  const kept = JSON.stringify([pool.runtime.sessions(), pool.runtime.turnsSince(0, 100_000), pool.settings.pool()]);
  checkSecrets(watch, "a row", kept);
}

/** 8. A client that left causes no pause: every pause has a failed attempt of that kind behind it. */
function checkPauses(watch: Watch): void {
  if ([...watch.outcomes.values()].some((outcome) => outcome.kind === "killed")) return;
  const failures = [...watch.failures];
  for (const pause of watch.pauses) {
    if (pause.endsWith(" client-left")) breach(watch, 8, `${pause}: a client that left is nobody's fault`);
    const at = failures.indexOf(pause);
    if (at < 0) breach(watch, 8, `${pause}: a pause without a failure of its own`);
    else failures.splice(at, 1);
  }
}

/** 9. The store holds no spent token, unless a lost answer is on record: then the one known window is reported. */
function checkTokens(watch: Watch): void {
  noteSpentTokens(watch);
  const { settings } = watch.pool();
  for (const profile of settings.profiles()) {
    const stored = settings.credential(profile.id);
    if (stored?.credential.kind !== "chatgpt" || stored.credential.refreshToken === null) continue;
    const isReported = profile.signIn.state === "needed" || stored.refreshStartedAtMs !== null;
    if (watch.spent.has(stored.credential.refreshToken) && !isReported) {
      breach(watch, 9, `${profile.name} holds a refresh token that is spent`);
    }
  }
}
