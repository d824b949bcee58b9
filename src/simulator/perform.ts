/**
 * Question: how is one call carried out, faults and all?
 * Owns the stages around an endpoint: faults before the head, the endpoint itself, faults after it, the delay before the head.
 * Must not know what any endpoint answers.
 */
import { chatgptHeaders } from "./chatgpt-responses.ts";
import type { FailureFacts } from "./failure-shapes.ts";
import { failureNamed } from "./failures.ts";
import type { Fault } from "./fault.ts";
import { failureAnswer, textAnswer } from "./json-answer.ts";
import { platformHeaders } from "./platform-responses.ts";
import { closeRecord } from "./record.ts";
import { openStream, pause, type StreamEnding } from "./stream-body.ts";
import { hangUntilAborted, TransportFault } from "./transport-fault.ts";
import type { Call, World } from "./world.ts";

/** Carries a call out. `answer` is its endpoint. Rejects as fetch would: with a TransportFault or the caller's own reason. */
export async function perform(world: World, call: Call, answer: (call: Call) => Response): Promise<Response> {
  const early = await meetEarlyFault(world, call);
  if (early !== null) return delayHead(world, call, early);
  const answered = answer(call);
  if (call.fault?.kind === "reset-after-accept" || call.fault?.kind === "drop-after-commit") {
    await loseAnswer(world, call, answered);
  }
  const broken = isStreaming(call) ? answered : await breakUnary(world, call, answered);
  return delayHead(world, call, broken);
}

/** A turn's stream handles its own faults and closes its own record when it ends. */
function isStreaming(call: Call): boolean {
  return call.record.streaming;
}

async function meetEarlyFault(world: World, call: Call): Promise<Response | null> {
  const { fault } = call;
  switch (fault?.kind) {
    case "refused":
      return breakOff(world, call, "refused");
    case "reset-before-headers":
      return breakOff(world, call, "reset");
    case "hang-before-headers":
      return hangUntilAborted(call.signal);
    case "http":
      return textAnswer(fault.status, fault.body, { ...headersOf(world, call), ...fault.headers });
    case "failure":
      return namedAnswer(world, call, fault);
    default:
      return null;
  }
}

function breakOff(world: World, call: Call, ending: "refused" | "reset"): never {
  closeRecord(world.evidence, call.record, "cut", world.clock.now());
  throw new TransportFault(ending);
}

/** The refusal when it is an answer of its own; null when it is an event, which the stream will carry. */
function namedAnswer(world: World, call: Call, fault: Extract<Fault, { kind: "failure" }>): Response | null {
  const failure = failureNamed(fault.name, { ...factsAbout(world, call), ...fault.facts });
  if (failure.kind !== "http") return null;
  const extra = headersOf(world, call);
  if (failure.headers["x-codex-active-limit"] !== undefined) extra["x-codex-primary-used-percent"] = "100";
  return failureAnswer(failure, extra);
}

function factsAbout(world: World, call: Call): Partial<FailureFacts> {
  const nowMs = world.clock.now();
  const facts = { nowMs, model: call.record.model ?? "" };
  if (call.account?.kind !== "chatgpt") return facts;
  const { primary, secondary } = call.account.quota.windows;
  const window = primary ?? secondary;
  const reset = window === null ? {} : { resetsAtMs: window.resetsAtMs };
  return { ...facts, plan: call.account.plan, ...reset };
}

/** Turns carry quota and rate headers also when they are refused. */
function headersOf(world: World, call: Call): Record<string, string> {
  if (call.account === null || (call.endpoint !== "responses" && call.endpoint !== "compact")) return {};
  return call.account.kind === "chatgpt" ? chatgptHeaders(world, call.account) : platformHeaders(world, call.account);
}

/** The work was done, the answer is lost. */
async function loseAnswer(world: World, call: Call, answered: Response): Promise<never> {
  closeRecord(world.evidence, call.record, "cut", world.clock.now());
  await answered.body?.cancel();
  throw new TransportFault("reset");
}

const BROKEN_ENDINGS: Partial<Record<Fault["kind"], StreamEnding>> = {
  "hang-mid-stream": "hang",
  "reset-mid-stream": "reset",
  "close-mid-stream": "fin",
  "garbage-framing": "garbage",
  "truncated-json": "clean",
  "end-mid-stream": "clean",
};

/** What faults inside a stream mean for an answer in one piece: half of it, then the fault. */
async function breakUnary(world: World, call: Call, answered: Response): Promise<Response> {
  const { fault } = call;
  if (fault === null) return answered;
  if (fault.kind === "wrong-content-length") return promiseMore(answered);
  const ending = BROKEN_ENDINGS[fault.kind];
  if (ending === undefined && fault.kind !== "slow-loris") return answered;
  const whole = await answered.bytes();
  const drips = fault.kind === "slow-loris";
  const pieces = drips
    ? Array.from(whole, (byte) => ({ bytes: Uint8Array.of(byte), delayMs: fault.msPerByte }))
    : [{ bytes: whole.subarray(0, whole.length >> 1), delayMs: 0 }];
  call.record.streaming = true;
  const body = openStream(
    { pieces, ending: ending ?? "clean" },
    {
      clock: world.clock,
      signal: call.signal,
      onEnd: (how) => closeRecord(world.evidence, call.record, how, world.clock.now()),
    },
  );
  return new Response(body, { status: answered.status, headers: answered.headers });
}

async function promiseMore(answered: Response): Promise<Response> {
  const whole = await answered.bytes();
  const headers = new Headers(answered.headers);
  headers.set("content-length", String(whole.length + 1000));
  return new Response(whole, { status: answered.status, headers });
}

async function delayHead(world: World, call: Call, answered: Response): Promise<Response> {
  const { headDelayMs } = call.knobs;
  if (headDelayMs <= 0) return answered;
  await pause(world.clock, headDelayMs, (stop) => call.signal.addEventListener("abort", stop, { once: true }));
  if (!call.signal.aborted) return answered;
  await answered.body?.cancel();
  throw call.signal.reason;
}
