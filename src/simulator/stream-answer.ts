/**
 * Question: how does a generation become a streamed answer?
 * Owns the joining of events, knobs, faults and record: the head with its content type and the body that keeps the record true.
 * Must not decide what is said.
 */
import { gzipSync } from "node:zlib";
import { type EventFailure, failureNamed } from "./failures.ts";
import type { Fault } from "./fault.ts";
import { jsonAnswer } from "./json-answer.ts";
import { closeRecord } from "./record.ts";
import { type AnswerFacts, responseObject, writeEvents } from "./sse-script.ts";
import { openStream, type Piece, planStream, type StreamPlan } from "./stream-body.ts";
import type { Call, World } from "./world.ts";

/** The streamed answer. `failing` is the event a refusal ends with; null asks the call's fault. */
export function streamAnswer(
  world: World,
  call: Call,
  answer: AnswerFacts,
  headers: Record<string, string>,
  failing: EventFailure | null,
): Response {
  if (call.fault?.kind === "json-instead-of-sse") {
    return jsonAnswer(200, responseObject({ ...answer, emptyOutput: false }, "completed"), headers);
  }
  const chosen = failing ?? failingEvent(world, call);
  const planned = planStream(writeEvents(answer), call.knobs, call.fault, chosen, world.rng);
  const plan = call.knobs.gzip ? zipPlan(planned) : planned;
  call.record.streaming = true;
  const body = openStream(plan, {
    clock: world.clock,
    signal: call.signal,
    onEnd: (how) => closeRecord(world.evidence, call.record, how, world.clock.now()),
  });
  return new Response(body, { status: 200, headers: headOf(call, plan, headers) });
}

/** The event that a scripted refusal of the catalogue puts into the stream. */
function failingEvent(world: World, call: Call): EventFailure | null {
  if (call.fault?.kind !== "failure") return null;
  const usual = { model: call.record.model ?? "", nowMs: world.clock.now() };
  const failure = failureNamed(call.fault.name, { ...usual, ...call.fault.facts });
  return failure.kind === "event" ? failure : null;
}

function headOf(call: Call, plan: StreamPlan, headers: Record<string, string>): Record<string, string> {
  const head: Record<string, string> = { ...headers, "cache-control": "no-cache" };
  if (call.knobs.contentType !== null) head["content-type"] = call.knobs.contentType;
  if (call.knobs.gzip) head["content-encoding"] = "gzip";
  if (promisesTooMuch(call.fault)) head["content-length"] = String(lengthOf(plan.pieces) + 1000);
  return head;
}

function promisesTooMuch(fault: Fault | null): boolean {
  return fault?.kind === "wrong-content-length";
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
}

/** The whole stream in one compressed piece. */
function zipPlan(plan: StreamPlan): StreamPlan {
  const whole = Buffer.concat(plan.pieces.map((piece) => piece.bytes));
  return { pieces: [{ bytes: gzipSync(whole), delayMs: plan.pieces[0]?.delayMs ?? 0 }], ending: plan.ending };
}
