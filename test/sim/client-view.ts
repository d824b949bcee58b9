/** Is what a client got the beginning of exactly one attempt, byte for byte where nothing had to change? */
import type { Outcome } from "./ask.ts";
import type { Attempt } from "./life.ts";
import { type ReadEvent, readObject, readSse } from "./read-sse.ts";

/** Events whose text we may complete or rename; all others pass unchanged. */
const LIFECYCLE = /^response\.(created|queued|in_progress|completed|incomplete|failed)$/;

const OURS = { model: null, output: null, store: null, previous_response_id: null };

/** Our own last word on a stream that broke off after output. */
export function isOurCut(event: ReadEvent | undefined): boolean {
  return event?.type === "error" && readObject(event.text)["code"] === "upstream_stream_broken";
}

/** The attempt whose answer the client got, or what is wrong with what it got. */
export type View =
  | { readonly kind: "of"; readonly attempt: Attempt; readonly isCut: boolean }
  | { readonly kind: "nothing" }
  | { readonly kind: "wrong"; readonly why: string };

export function viewOf(outcome: Outcome, attempts: readonly Attempt[]): View {
  if (outcome.kind === "stream") return streamView(outcome, attempts);
  if (outcome.kind === "answer" && outcome.status === 200) return answerView(outcome, attempts);
  return { kind: "nothing" };
}

export function textOf(attempt: Attempt): string {
  return new TextDecoder().decode(Buffer.concat(attempt.parts));
}

function streamView(outcome: Outcome, attempts: readonly Attempt[]): View {
  const isCut = isOurCut(outcome.events.at(-1));
  const seen = isCut ? outcome.events.slice(0, -1) : outcome.events;
  if (seen.length === 0) return { kind: "nothing" };
  const whys: string[] = [];
  for (const attempt of attempts) {
    const why = whyNoPrefix(seen, readSse(`${textOf(attempt)}\n\n`));
    if (why === null) return { kind: "of", attempt, isCut };
    whys.push(`attempt at ${attempt.record.account}: ${why}`);
  }
  return { kind: "wrong", why: `a stream of no single attempt (${whys.join("; ")})` };
}

function whyNoPrefix(seen: readonly ReadEvent[], sent: readonly ReadEvent[]): string | null {
  if (seen.length > sent.length) return `${seen.length} events seen, ${sent.length} sent`;
  for (const [index, event] of seen.entries()) {
    const original = sent[index];
    if (original === undefined || !isSame(event, original)) return `event ${index} (${event.type}) differs`;
  }
  return null;
}

function isSame(seen: ReadEvent, sent: ReadEvent): boolean {
  if (seen.text === sent.text) return true;
  if (seen.type !== sent.type || !LIFECYCLE.test(seen.type)) return false;
  return JSON.stringify(withoutOurs(seen)) === JSON.stringify(withoutOurs(sent));
}

/**
 * The event without what we may put in: the public model name, the items that upstream left out of its last event, and
 * what is true of a response that we keep ourselves.
 */
function withoutOurs(event: ReadEvent): unknown {
  const whole = readObject(event.text);
  return { ...whole, response: { ...responseOf(whole), ...OURS } };
}

function responseOf(event: Record<string, unknown>): Record<string, unknown> {
  const { response } = event;
  return typeof response === "object" && response !== null ? { ...response } : {};
}

/** The finished items of a stream, in the order of their places. */
export function finishedItems(events: readonly ReadEvent[]): unknown[] {
  return events
    .filter((event) => event.type === "response.output_item.done")
    .map((event) => readObject(event.text))
    .sort((a, b) => Number(a["output_index"]) - Number(b["output_index"]))
    .map((event) => event["item"]);
}

function answerView(outcome: Outcome, attempts: readonly Attempt[]): View {
  const answer = readObject(outcome.text);
  for (const attempt of attempts) {
    const sent = textOf(attempt);
    const original = sent.trimStart().startsWith("{") ? readObject(sent) : lastResponse(readSse(`${sent}\n\n`));
    if (original["id"] !== answer["id"]) continue;
    const output = JSON.stringify(answer["output"]);
    if (output !== JSON.stringify(original["output"])) return { kind: "wrong", why: "the answer has other items" };
    return { kind: "of", attempt, isCut: false };
  }
  return { kind: "wrong", why: `an answer of no attempt (${String(answer["id"])})` };
}

function lastResponse(events: readonly ReadEvent[]): Record<string, unknown> {
  const response = responseOf(readObject(events.at(-1)?.text ?? ""));
  const items = finishedItems(events);
  return Array.isArray(response["output"]) && response["output"].length > 0 ? response : { ...response, output: items };
}

/** Ids of tool calls in everything a client got, each as often as a finished item carries it. */
export function callIdsOf(outcome: Outcome): string[] {
  const items = outcome.kind === "stream" ? finishedItems(outcome.events) : listOf(readObject(outcome.text)["output"]);
  return items.flatMap((item) => {
    const callId = typeof item === "object" && item !== null ? Reflect.get(item, "call_id") : null;
    return typeof callId === "string" ? [callId] : [];
  });
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
