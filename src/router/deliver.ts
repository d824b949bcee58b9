/** What does the client get? Every way a turn can leave the loop, each of which settles it. */
import { LIMITS } from "../limits.ts";
import { readResponse, retellAnswer, retellEvent, type Told } from "../protocol/answer.ts";
import { parseRateLimitsEvent } from "../protocol/quota.ts";
import { type Refusal, refuse } from "../protocol/refusal.ts";
import { carriesSealedHistory } from "../protocol/sealed-items.ts";
import { renderEvent } from "../protocol/sse.ts";
import { readEventError } from "../protocol/upstream-error.ts";
import { RETURNED_HEADERS } from "../protocol/upstream-headers.ts";
import { isLifecycle, parseObject, type WireEvent } from "../protocol/wire-event.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import { type AttemptResult, evidenceOfLoss, evidenceOfTerminal, isFailedTerminal, type Passed } from "./attempt.ts";
import type { TurnRun } from "./begin-turn.ts";
import type { Engine } from "./engine.ts";
import { ownerOf } from "./find-owner.ts";
import { judgeFailure } from "./judge-failure.ts";
import { observeStream, type StreamEnd } from "./observe-stream.ts";
import type { Choice, Considered } from "./rules/choose.ts";
import { classifyFailure } from "./rules/classify.ts";
import type { Evidence, Failure } from "./rules/failure.ts";
import { type Nobody, nobodyLeft } from "./rules/nobody.ts";
import { isDetour } from "./rules/session.ts";
import { type Ending, endedWithout } from "./settle-turn.ts";
import type { Served, ServedBy } from "./turn.ts";

type Chosen = Extract<Choice, { kind: "chosen" }>;

type Opened = Extract<AttemptResult, { kind: "stream" }>;
type Answered = Extract<AttemptResult, { kind: "answer" }>;

interface Tried {
  readonly choice: Chosen;
  readonly startedAtMs: number;
}

interface Accepted<Result extends Opened | Answered> extends Tried {
  readonly result: Result;
}

function byOf(run: TurnRun, profile: string | null): ServedBy {
  return { sessionId: run.session.id, profile };
}

/**
 * Binds the session where it was served, unless this was only a detour from a home that will soon be back. An account
 * that was asked because it made the history becomes the home: the next turn brings the same history.
 */
function bind(engine: Engine, run: TurnRun, choice: Chosen): void {
  const homeId = run.session.profileId;
  const { candidate, considered } = choice;
  if (homeId === candidate.profileId) return;
  const home = considered.find((entry) => entry.profileId === homeId);
  const isOwner = choice.reason === "owner";
  if (homeId !== null && !isOwner && isDetour(home, engine.clock.now(), LIMITS.detourMaxMs)) return;
  const why = isOwner ? "foreign-content" : whyLeft(home);
  engine.live.bindSession(run.session.id, homeId, candidate, why, run.turn.id);
}

function whyLeft(home: Considered | undefined): string {
  if (home === undefined || home.exclusion === null) return "removed";
  const { reason, detail } = home.exclusion;
  return detail === "" ? reason : detail;
}

function accept(engine: Engine, run: TurnRun, accepted: Accepted<Opened | Answered>): Record<string, string> {
  const { choice, result, startedAtMs } = accepted;
  const { candidate } = choice;
  bind(engine, run, choice);
  engine.live.noteAdmitted(candidate, run.model.upstreamModel, startedAtMs, run.turn.id);
  run.ledger.noteServed(candidate.name, candidate.accountKey);
  const headers: Record<string, string> = {};
  for (const name of RETURNED_HEADERS) {
    const value = result.headers.get(name);
    // Upstream's own model name is shown only where it is the public one too.
    if (value !== null && !(name === "openai-model" && publicModelOf(run) !== null)) headers[name] = value;
  }
  const turnState = result.headers.get("x-codex-turn-state");
  if (turnState !== null) engine.live.turnStates.note(engine.hash(turnState), candidate.profileId);
  if (result.ignored.length > 0) headers["x-codexuse-ignored"] = result.ignored.join(", ");
  return headers;
}

/** The name to show in place of upstream's; null when they are the same. */
function publicModelOf(run: TurnRun): string | null {
  return run.model.publicName === run.model.upstreamModel ? null : run.model.publicName;
}

/** What the answer tells otherwise than upstream. */
function toldOf(run: TurnRun): Told {
  const publicModel = publicModelOf(run);
  return publicModel === null ? run.turn.told : { ...run.turn.told, model: JSON.stringify(publicModel) };
}

/** Whether a failed ending is the account's or upstream's doing, so that asking again will go elsewhere. */
function isElsewhereBetter(terminal: WireEvent, nowMs: number): boolean {
  if (!isFailedTerminal(terminal)) return false;
  const { scope } = classifyFailure(evidenceOfTerminal(terminal, "committed", nowMs));
  return scope !== "turn" && scope !== "conversation";
}

export function deliverStream(engine: Engine, run: TurnRun, accepted: Accepted<Opened>): Served {
  const { choice, result } = accepted;
  run.ledger.hold(result.close);
  const headers = accept(engine, run, accepted);
  run.ledger.noteFirstOutput();
  const { promise: finished, resolve: finish } = Promise.withResolvers<string | null>();
  const body = observeStream({
    reader: result.reader,
    held: result.held,
    told: toldOf(run),
    onQuota: (text) => {
      engine.live.readHeads();
      const reading = parseRateLimitsEvent(parseObject(text), engine.clock.now());
      if (reading !== null) engine.live.observeQuota(choice.candidate.accountKey, reading);
    },
    isWithheld: (terminal) => isElsewhereBetter(terminal, engine.clock.now()),
    signal: result.signal,
    onEnd: (end) => {
      run.ledger.letGo();
      settleStream(engine, run, accepted, end);
    },
    onFinished: finish,
  });
  return { kind: "stream", by: byOf(run, choice.candidate.name), headers, body, finished, sanitised: result.sanitised };
}

/** Nobody waits for this who could be told of a bug of ours: the turn gets an end, and the log the reason. */
function orAbandon(engine: Engine, run: TurnRun, settle: () => void): void {
  try {
    settle();
  } catch (error) {
    engine.emit({ kind: "internal-error", id: run.turn.id, turnId: run.turn.id, text: stackOf(error) });
    run.ledger.abandon();
  }
}

/**
 * The client has its answer before the turn is written down. Where it may go on from it, its next turn has to find it: that
 * comes at once, but no sooner than the answer is out.
 */
function settleAfterwards(engine: Engine, run: TurnRun, tried: Tried, read: () => Ending): void {
  const endedAtMs = engine.clock.now();
  const settle = () => orAbandon(engine, run, () => settleServed(engine, run, tried, endedAtMs, read()));
  engine.afterwards(settle, run.turn.isContinuable);
}

/** What went well can wait; what did not is judged at once, before the next choice and by what is known now. */
function settleStream(engine: Engine, run: TurnRun, accepted: Accepted<Opened>, end: StreamEnd): void {
  if (end.kind === "ended" && !isFailedTerminal(end.terminal)) {
    const { type, text } = end.terminal;
    settleAfterwards(engine, run, accepted, () => {
      const { responseId, usage } = readResponse(text);
      return { end: type === "response.incomplete" ? "incomplete" : "done", status: 200, responseId, usage };
    });
    return;
  }
  orAbandon(engine, run, () => settleBroken(engine, run, accepted, end));
}

function settleBroken(engine: Engine, run: TurnRun, accepted: Accepted<Opened>, end: StreamEnd): void {
  const { choice, startedAtMs } = accepted;
  engine.live.readHeads();
  const evidence = evidenceOfEnd(end, run.turn.signal.aborted, engine.clock.now());
  const failure = classifyFailure(evidence);
  run.ledger.noteAttempt(choice.candidate.name, failure.kind, failure.code, startedAtMs);
  judgeFailure(engine, choice.candidate, failure, run.model.upstreamModel, false, run.turn.id);
  if (failure.scope === "nobody") run.ledger.settle(endedWithout("client-left", 499));
  else run.ledger.settle(endedWithout(failure.scope === "turn" ? "failed" : "cut", 200));
}

function evidenceOfEnd(end: StreamEnd, hasClientLeft: boolean, nowMs: number): Evidence {
  switch (end.kind) {
    case "client-left":
      return { from: "client", phase: "committed" };
    case "ended":
      return evidenceOfTerminal(end.terminal, "committed", nowMs);
    case "lost":
      return evidenceOfLoss(end.cause, "committed", hasClientLeft);
    case "stopped":
      return hasClientLeft
        ? { from: "client", phase: "committed" }
        : { from: "clock", phase: "committed", clock: "turn" };
  }
}

function settleServed(engine: Engine, run: TurnRun, tried: Tried, endedAtMs: number, ending: Ending): void {
  const { choice, startedAtMs } = tried;
  const { candidate, reason } = choice;
  run.ledger.noteAttempt(candidate.name, "served", reason, startedAtMs, endedAtMs);
  engine.live.noteServed(candidate, run.model.upstreamModel, startedAtMs, run.turn.id);
  run.ledger.settle(ending, endedAtMs);
}

export function deliverAnswer(engine: Engine, run: TurnRun, accepted: Accepted<Answered>): Served {
  const { choice, result } = accepted;
  const { candidate } = choice;
  const headers = accept(engine, run, accepted);
  const body = retellAnswer(result.text, toldOf(run));
  settleAfterwards(engine, run, accepted, () => {
    const { status, responseId, usage } = readResponse(result.text);
    return { end: status === "incomplete" ? "incomplete" : "done", status: 200, responseId, usage };
  });
  return {
    kind: "answer",
    by: byOf(run, candidate.name),
    status: 200,
    headers: { ...headers, "content-type": "application/json" },
    body,
    sanitised: result.sanitised,
  };
}

/** The client left before there was anything to give. */
export function deliverLeft(run: TurnRun): Served {
  run.ledger.settle(endedWithout("client-left", 499));
  return { kind: "left", by: byOf(run, null) };
}

/** The turn ends with this failure: upstream's own words where the request is at fault, the pool's state where not. */
export function deliverPassed(
  engine: Engine,
  run: TurnRun,
  choice: Chosen,
  failure: Failure,
  passed: Passed | null,
): Served {
  const isRequests = failure.scope === "turn" || failure.scope === "conversation";
  if (!isRequests || passed === null) return deliverNobody(engine, run, choice.considered, failure);
  const by = byOf(run, choice.candidate.name);
  if (failure.scope === "conversation" && carriesSealedHistory(run.turn.request.body)) {
    return refuseSealed(engine, run, choice);
  }
  if (passed.kind === "body") return deliverBody(run, by, passed);
  return run.turn.request.stream
    ? deliverFailedStream(run, by, passed.events)
    : deliverEventError(run, by, passed.events);
}

/** Upstream's own words would come back on every try, because the client sends the same history again. */
function refuseSealed(engine: Engine, run: TurnRun, choice: Chosen): Served {
  const owner = ownerOf(run, choice.candidate);
  const maker = owner === null ? "the account that made it" : `the account of profile '${engine.live.nameOf(owner)}'`;
  const message = `This conversation holds encrypted content that only ${maker} can read, and it cannot serve now. Wait until it can, or start a new thread.`;
  run.ledger.settle(endedWithout("refused", 400));
  const refusal = refuse(400, "invalid_request_error", "invalid_encrypted_content", message);
  return { kind: "refused", by: byOf(run, null), refusal };
}

function deliverBody(run: TurnRun, by: ServedBy, passed: Extract<Passed, { kind: "body" }>): Served {
  // A 413 makes the official client send the whole body five more times; a 400 says the same and is final.
  const status = passed.status === 413 ? 400 : passed.status;
  run.ledger.settle(endedWithout("refused", status));
  return {
    kind: "answer",
    by,
    status,
    headers: { "content-type": passed.contentType },
    body: passed.bytes,
    sanitised: false,
  };
}

/** Upstream's one lifecycle, failure included, for a client that streams. */
function deliverFailedStream(run: TurnRun, by: ServedBy, events: readonly WireEvent[]): Served {
  run.ledger.settle(endedWithout("failed", 200));
  const told = toldOf(run);
  const shown = events.map((event) => {
    const text = isLifecycle(event.type) ? retellEvent(event.text, told) : event.text;
    return new Uint8Array(text === event.text ? event.bytes : renderEvent(event.type, text));
  });
  const body = new Blob(shown).stream();
  return { kind: "stream", by, headers: {}, body, finished: Promise.resolve(null), sanitised: false };
}

/** The same failure as an HTTP error, for a client that does not stream. */
function deliverEventError(run: TurnRun, by: ServedBy, events: readonly WireEvent[]): Served {
  const error = readEventError(events.at(-1)?.text ?? "");
  run.ledger.settle(endedWithout("failed", 400));
  const code = error.codes[0] ?? "upstream_error";
  return { kind: "refused", by, refusal: refuse(400, "invalid_request_error", code, error.message) };
}

const STATUS_BY_CODE: Readonly<Record<Nobody["code"], { status: number; type: string; message: string }>> = {
  pool_disabled: {
    status: 503,
    type: "pool_unavailable",
    message: "The account pool is disabled. Enable it with: codexuse account-pool enable",
  },
  pool_empty: {
    status: 503,
    type: "pool_unavailable",
    message: "No profile is in the account pool. Add one with: codexuse account-pool profiles add <profile>",
  },
  sign_in_needed: {
    status: 503,
    type: "pool_unavailable",
    message: "Every profile in the account pool needs to sign in again. See: codexuse account-pool status",
  },
  account_unavailable: {
    status: 503,
    type: "pool_unavailable",
    message: "No account of the pool can take this request now. Each one's reason is in 'accounts'.",
  },
  usage_limit_reached: {
    status: 429,
    type: "usage_limit_reached",
    message: "The usage limit has been reached on every account of the pool.",
  },
  rate_limit_exceeded: {
    status: 429,
    type: "rate_limit_exceeded",
    message: "Every account of the pool is rate limited for the moment.",
  },
  model_not_found: {
    status: 404,
    type: "invalid_request_error",
    message: "No account of the pool offers this model any more.",
  },
  upstream_unavailable: { status: 502, type: "server_error", message: "Upstream cannot be reached or keeps failing." },
  upstream_timeout: { status: 504, type: "server_error", message: "Upstream did not answer in time." },
};

function isoOf(instantMs: number | null): string | null {
  return instantMs === null ? null : new Date(instantMs).toISOString();
}

/** The pool's state as a refusal: what it is, when it ends, and each account's reason. */
function refusalOfNobody(nobody: Nobody, nowMs: number): Refusal {
  const { status, type, message } = STATUS_BY_CODE[nobody.code];
  const waitSeconds = nobody.untilMs === null ? null : Math.max(1, Math.ceil((nobody.untilMs - nowMs) / 1_000));
  const isQuota = nobody.code === "usage_limit_reached" && nobody.untilMs !== null;
  const details = isQuota
    ? { resets_at: Math.ceil((nobody.untilMs ?? 0) / 1_000), resets_in_seconds: waitSeconds }
    : {};
  const accounts = nobody.accounts.map((account) => ({
    profile: account.profile,
    reason: account.reason,
    since: isoOf(account.sinceMs),
    until: isoOf(account.untilMs),
    remedy: account.remedy,
  }));
  const retryAfterSeconds = status === 502 || status === 504 ? UPSTREAM_RETRY_SECONDS : waitSeconds;
  return refuse(status, type, nobody.code, message, { details, retryAfterSeconds, beside: { accounts } });
}

/** A short pause for clients that would otherwise ask an ailing upstream thirty times in half a minute. */
const UPSTREAM_RETRY_SECONDS = 5;

export function deliverNobody(
  engine: Engine,
  run: TurnRun,
  considered: readonly Considered[],
  lastFailure: Failure | null,
): Served {
  const isEnabled = engine.live.view().settings.enabled;
  const nobody = nobodyLeft(considered, isEnabled, lastFailure);
  const refusal = refusalOfNobody(nobody, engine.clock.now());
  run.ledger.settle(endedWithout("refused", refusal.status));
  return { kind: "refused", by: byOf(run, null), refusal };
}
