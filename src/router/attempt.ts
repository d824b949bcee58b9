/** One try on one profile: token, request, head, first output. Judges nothing; what went wrong comes back as evidence. */
import { LIMITS } from "../limits.ts";
import type { ResolvedModel } from "../models/resolve.ts";
import { type AnswerHead, type Identity, type Leased, TransportError, type UpstreamAnswer } from "../ports.ts";
import { AnswerCollector } from "../protocol/answer.ts";
import { readErrorBody, readEventError, type UpstreamError } from "../protocol/upstream-error.ts";
import { parseObject, type WireEvent } from "../protocol/wire-event.ts";
import { readBounded } from "./bounded-body.ts";
import { buildRequest, comesWhole, laneOf } from "./build-request.ts";
import type { Engine } from "./engine.ts";
import { type EventReader, openEventReader, type ReadEvents } from "./event-reader.ts";
import type { Candidate } from "./rules/candidate.ts";
import { KIND_BY_CODE, VERDICTS } from "./rules/classify.ts";
import type { Evidence, Phase } from "./rules/failure.ts";
import type { Progress } from "./rules/next-step.ts";
import { hintedUntilMs } from "./rules/retry-after.ts";
import { awaitCommit, awaitEnd } from "./stream-gate.ts";
import type { Turn } from "./turn.ts";

export interface AttemptInput {
  readonly turn: Turn;
  readonly model: ResolvedModel;
  readonly candidate: Candidate;
  readonly progress: Progress;
  /** The client's turn state, only when this profile issued it. */
  readonly turnState: string | null;
  /** Generation of the token that was refused before, when this try is the one after a renewal. */
  readonly refusedGeneration: number | null;
}

/** What upstream itself said, to be handed on when the turn ends with it. */
export type Passed =
  | { readonly kind: "body"; readonly status: number; readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly kind: "events"; readonly events: readonly WireEvent[] };

interface Answered {
  readonly headers: AnswerHead;
  readonly generation: number;
  /** Members of the request that the account could not honour. */
  readonly ignored: readonly string[];
  /** Whether the account was spared the reasoning that only another one can read. */
  readonly sanitised: boolean;
}

export type AttemptResult =
  | (Answered & {
      readonly kind: "stream";
      readonly held: readonly WireEvent[];
      readonly reader: EventReader;
      /** Fires when the client leaves or the turn's time is up. */
      readonly signal: AbortSignal;
      /** To be called when the stream is over: lets go of upstream and of the turn's clock. */
      readonly close: () => void;
    })
  | (Answered & { readonly kind: "answer"; readonly text: string })
  | {
      readonly kind: "failed";
      readonly evidence: Evidence;
      readonly passed: Passed | null;
      readonly generation: number | null;
    };

/** Reasons we abort an attempt with, told apart from the client's own leaving. */
const HEAD_CLOCK = "head-clock";
const TURN_CLOCK = "turn-clock";
const OVER = "over";

type Failed = Extract<AttemptResult, { kind: "failed" }>;

function failed(evidence: Evidence, generation: number | null, passed: Passed | null = null): Failed {
  return { kind: "failed", evidence, passed, generation };
}

/** One try from token to first output, or to the end for clients that do not stream. Never rejects. */
export async function runAttempt(engine: Engine, input: AttemptInput): Promise<AttemptResult> {
  const leased = await leaseToken(engine, input);
  if (leased.kind !== "leased") {
    if (input.turn.signal.aborted) return failed({ from: "client", phase: "connect" }, null);
    return failed({ from: "token", outcome: leased.kind, reason: leased.reason }, null);
  }
  const { identity } = leased;
  const controller = new AbortController();
  const leftMs = turnLeftMs(input.turn.receivedAtMs, engine.clock.now());
  const stopTurnClock = engine.clock.after(leftMs, () => controller.abort(TURN_CLOCK));
  const forgetClient = passAbort(input.turn.signal, controller);
  const letGo = () => {
    stopTurnClock();
    forgetClient();
  };
  let kind: AttemptResult["kind"] = "failed";
  try {
    const result = await openAndRead({ engine, input, identity, controller, letGo });
    kind = result.kind;
    return result;
  } finally {
    if (kind !== "stream") letGo();
    // Whatever went wrong in here, upstream must not go on working for nobody.
    if (kind === "failed") controller.abort(OVER);
  }
}

/**
 * What is left of a turn's time. One whose time is up gets no other try: where all of it seems to be over, or less than none,
 * the clock was set meanwhile.
 */
function turnLeftMs(receivedAtMs: number, nowMs: number): number {
  const elapsedMs = nowMs - receivedAtMs;
  return elapsedMs >= 0 && elapsedMs < LIMITS.turnMs ? LIMITS.turnMs - elapsedMs : LIMITS.turnMs;
}

/** Lets the attempt end with the turn, until the answer is called. */
function passAbort(turn: AbortSignal, attempt: AbortController): () => void {
  const pass = () => attempt.abort(turn.reason);
  if (turn.aborted) pass();
  else turn.addEventListener("abort", pass);
  return () => turn.removeEventListener("abort", pass);
}

interface Try {
  readonly engine: Engine;
  readonly input: AttemptInput;
  readonly identity: Identity;
  /** Aborts with the turn, or with the reason that we give it. */
  readonly controller: AbortController;
  /** Of the turn's clock and signal. */
  readonly letGo: () => void;
}

async function leaseToken(engine: Engine, input: AttemptInput): Promise<Leased> {
  const { candidate, refusedGeneration, turn } = input;
  try {
    return refusedGeneration === null
      ? await engine.tokens.lease(candidate.profileId, turn.signal)
      : await engine.tokens.renew(candidate.profileId, refusedGeneration, turn.signal);
  } catch (error) {
    if (turn.signal.aborted) return { kind: "unavailable", reason: "client-left" };
    throw error;
  }
}

async function openAndRead(try_: Try): Promise<AttemptResult> {
  const { engine, input, identity, controller } = try_;
  const { signal } = controller;
  const { headers, body, ignored } = buildRequest(engine, input, identity);
  const { route } = input.turn;
  const headMs = comesWhole(input, identity) ? route.wholeMs : LIMITS.upstreamHeadMs;
  const stopHeadClock = engine.clock.after(headMs, () => controller.abort(HEAD_CLOCK));
  let answer: UpstreamAnswer;
  try {
    const { baseUrl, proxyUrl } = identity;
    const lane = laneOf(input, identity);
    answer = await engine.upstream.send(
      { method: "POST", url: `${baseUrl}${route.path}`, headers, body, proxyUrl, lane },
      signal,
    );
  } catch (error) {
    return failed(evidenceOfSend(try_, error), identity.generation);
  } finally {
    stopHeadClock();
  }
  engine.live.noteHead(input.candidate.accountKey, input.model.upstreamModel, answer.headers);
  engine.afterwards(() => engine.live.readHeads());
  const { sanitised } = input.progress;
  const { generation } = identity;
  return answer.status >= 300
    ? readRefusal(try_, answer)
    : readBody(try_, answer, { headers: answer.headers, generation, ignored, sanitised });
}

function readBody(try_: Try, answer: UpstreamAnswer, answered: Answered): Promise<AttemptResult> {
  const { engine, input } = try_;
  const { route } = input.turn;
  const isJson = (answer.headers.get("content-type") ?? "").includes("application/json");
  if (isJson) return readWhole(try_, answer, answered);
  if (route.isWhole || answer.body === null) return readNothing(try_, answer);
  const reader = openEventReader(answer.body, engine.clock);
  return input.turn.request.stream ? readOpening(try_, reader, answered) : readAnswer(try_, reader, answered);
}

function evidenceOfSend(try_: Try, error: unknown): Evidence {
  const { input, controller } = try_;
  if (input.turn.signal.aborted) return { from: "client", phase: "connect" };
  if (controller.signal.aborted) return clockEvidence(try_, "connect");
  if (error instanceof TransportError) return { from: "transport", phase: "connect", fault: error.fault };
  throw error;
}

function clockEvidence(try_: Try, phase: Phase): Evidence {
  return { from: "clock", phase, clock: try_.controller.signal.reason === TURN_CLOCK ? "turn" : "head" };
}

/** Why an open stream has no more events, seen from where we stand. */
export function evidenceOfLoss(
  cause: Exclude<ReadEvents, { kind: "events" }>,
  phase: Phase,
  hasClientLeft: boolean,
): Evidence {
  if (hasClientLeft) return { from: "client", phase };
  switch (cause.kind) {
    case "silent":
      return { from: "clock", phase, clock: "silence" };
    case "end":
      return { from: "stream", phase, fault: "ended-early" };
    case "too-large":
      return { from: "stream", phase, fault: "too-large" };
    case "garbage":
      return { from: "stream", phase, fault: "garbage" };
    case "broken":
      return { from: "transport", phase, fault: "reset" };
  }
}

function lossEvidence(try_: Try, cause: Exclude<ReadEvents, { kind: "events" }>): Evidence {
  if (try_.controller.signal.aborted && !try_.input.turn.signal.aborted) return clockEvidence(try_, "held");
  return evidenceOfLoss(cause, "held", try_.input.turn.signal.aborted);
}

function hintOf(error: UpstreamError, retryAfter: string | null, nowMs: number): number | null {
  const { resetsAt, resetsInSeconds, message } = error;
  return hintedUntilMs({ resetsAt, resetsInSeconds, retryAfter, message }, nowMs, LIMITS.cooldownMaxMs);
}

async function readRefusal(try_: Try, answer: UpstreamAnswer): Promise<Failed> {
  const { engine, identity, input } = try_;
  const bytes = await readBounded(answer.body, LIMITS.errorBodyBytesMax, engine.clock, LIMITS.errorBodyMs);
  if (input.turn.signal.aborted) return failed({ from: "client", phase: "head" }, identity.generation);
  const error = readErrorBody(new TextDecoder().decode(bytes));
  const { headers, status } = answer;
  const evidence: Evidence = {
    from: "http",
    status,
    codes: error.codes,
    message: error.message,
    reachedType: headers.get("x-codex-rate-limit-reached-type"),
    hintUntilMs: hintOf(error, headers.get("retry-after"), engine.clock.now()),
    blocked: error.isPage || (error.codes.length === 0 && error.message === "" && headers.get("cf-ray") !== null),
    accountKind: identity.kind,
  };
  const contentType = headers.get("content-type") ?? "application/json";
  return failed(evidence, identity.generation, { kind: "body", status, contentType, bytes });
}

/** An answer in a form that was not asked for. */
async function readNothing({ identity }: Try, answer: UpstreamAnswer): Promise<Failed> {
  await answer.body?.cancel();
  return failed({ from: "stream", phase: "held", fault: "garbage" }, identity.generation);
}

/** A finished answer in one piece. */
async function readWhole(try_: Try, answer: UpstreamAnswer, answered: Answered): Promise<AttemptResult> {
  const { engine, identity, input } = try_;
  if (!comesWhole(input, identity)) return readNothing(try_, answer);
  const bytes = await readBounded(answer.body, LIMITS.answerBytesMax, engine.clock, LIMITS.upstreamSilenceMs);
  if (input.turn.signal.aborted) return failed({ from: "client", phase: "held" }, identity.generation);
  const text = new TextDecoder().decode(bytes);
  const terminal = asTerminal(text);
  if (terminal === null) return failed({ from: "stream", phase: "held", fault: "ended-early" }, identity.generation);
  return isFailedTerminal(terminal) ? failedAnswer(try_, terminal, answered) : { ...answered, kind: "answer", text };
}

/** An answer in one piece says the same as a stream's last event. Null when it is no whole object. */
function asTerminal(text: string): WireEvent | null {
  const answer = parseObject(text);
  if (answer === null) return null;
  const type = answer["type"] === "error" ? "error" : `response.${String(answer["status"])}`;
  const event = type === "error" ? text : `{"type":${JSON.stringify(type)},"response":${text}}`;
  return { type, text: event, bytes: new Uint8Array() };
}

function failedAnswer(try_: Try, terminal: WireEvent, answered: Answered): Failed {
  const evidence = evidenceOfTerminal(terminal, "held", try_.engine.clock.now());
  return failed(evidence, answered.generation, { kind: "events", events: [terminal] });
}

/** A terminal event that stands for a failure rather than an answer. An answer cut short by its own limits is one. */
export function isFailedTerminal(terminal: WireEvent): boolean {
  if (terminal.type === "response.failed" || terminal.type === "error") return true;
  if (terminal.type !== "response.incomplete") return false;
  return readEventError(terminal.text).codes.some(isAccountsCode);
}

/** Whether a code speaks of the account that answered, and not of the answer. */
function isAccountsCode(code: string): boolean {
  const kind = Object.hasOwn(KIND_BY_CODE, code) ? KIND_BY_CODE[code] : undefined;
  return kind !== undefined && ["account", "workspace"].includes(VERDICTS[kind].scope);
}

export function evidenceOfTerminal(terminal: WireEvent, phase: Phase, nowMs: number): Evidence {
  const error = readEventError(terminal.text);
  const event = terminal.type === "error" ? "error" : terminal.type === "response.incomplete" ? "incomplete" : "failed";
  const { codes, message } = error;
  return { from: "event", phase, event, codes, message, hintUntilMs: hintOf(error, null, nowMs) };
}

async function readOpening(try_: Try, reader: EventReader, answered: Answered): Promise<AttemptResult> {
  const outcome = await awaitCommit(reader);
  const close = () => {
    try_.letGo();
    reader.cancel("over");
  };
  switch (outcome.kind) {
    case "lost":
      return failed(lossEvidence(try_, outcome.cause), answered.generation);
    case "committed":
      return { ...answered, kind: "stream", held: outcome.held, reader, signal: try_.controller.signal, close };
    case "ended": {
      if (!isFailedTerminal(outcome.terminal))
        return { ...answered, kind: "stream", held: outcome.held, reader, signal: try_.controller.signal, close };
      reader.cancel("failed");
      const evidence = evidenceOfTerminal(outcome.terminal, "held", try_.engine.clock.now());
      return failed(evidence, answered.generation, { kind: "events", events: outcome.held });
    }
  }
}

async function readAnswer(try_: Try, reader: EventReader, answered: Answered): Promise<AttemptResult> {
  const collector = new AnswerCollector(LIMITS.answerBytesMax);
  const outcome = await awaitEnd(reader, (event) => collector.add(event));
  if (outcome.kind === "lost") return failed(lossEvidence(try_, outcome.cause), answered.generation);
  reader.cancel("done");
  const { terminal } = outcome;
  if (isFailedTerminal(terminal)) return failedAnswer(try_, terminal, answered);
  const text = collector.answerOf(terminal.text);
  if (text === null) return failed({ from: "stream", phase: "held", fault: "garbage" }, answered.generation);
  return { ...answered, kind: "answer", text };
}
