/**
 * What does a connection upstream know already? The last response of it, by its id, and a digest of everything up to it: a
 * request whose input begins with just that needs to carry the rest only.
 */
import { answerTextOf } from "../protocol/answer.ts";
import { findMember, type Span, scanArray, scanObject } from "../protocol/json-spans.ts";
import { outputTextOf } from "../protocol/stored-input.ts";

/** Everything up to a response: how many items, how long their text is, and what it was. */
export interface History {
  readonly responseId: string;
  readonly count: number;
  readonly length: number;
  readonly digest: bigint;
}

/** The input of a request: its whole body, and where each item stands in it. */
export interface Sent {
  readonly body: string;
  readonly items: readonly Span[];
}

export function readSent(body: string): Sent {
  const input = findMember(scanObject(body), "input");
  return { body, items: input === null ? [] : scanArray(body, input.valueStart) };
}

/** The text from the first of these items to the last, as it stands. */
function textOf(body: string, items: readonly Span[]): string {
  const [first, last] = [items[0], items.at(-1)];
  return first === undefined || last === undefined ? "" : body.slice(first.start, last.end);
}

/** Only ever compared with what the same conversation brings next: no secret, and no guard against anybody. */
function digestOf(text: string): bigint {
  return BigInt(Bun.hash(text));
}

/** What is known once this was answered by that terminal event; null when it says too little. */
export function historyOf(sent: Sent, responseId: string | null, terminal: string): History | null {
  const response = answerTextOf(terminal);
  if (response === null || responseId === null) return null;
  const output = outputTextOf(response);
  const made = scanArray(output);
  const texts = [textOf(sent.body, sent.items), textOf(output, made)].filter((text) => text !== "");
  const text = texts.join(",");
  return { responseId, count: sent.items.length + made.length, length: text.length, digest: digestOf(text) };
}

/** The JSON text of the items that are new; null when the input does not strictly extend what is known (trap 16). */
export function newItems({ body, items }: Sent, history: History): string | null {
  const news = items.slice(history.count);
  if (news.length === 0) return null;
  const known = textOf(body, items.slice(0, history.count));
  if (known.length !== history.length || digestOf(known) !== history.digest) return null;
  return `[${textOf(body, news)}]`;
}
