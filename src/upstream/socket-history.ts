/**
 * What does a connection upstream know already? The last response of it, by its id, and a digest of everything up to it: a
 * request whose input begins with just that needs to carry the rest only.
 */
import { answerTextOf } from "../protocol/answer.ts";
import { findMember, type Span, scanArray, scanObject } from "../protocol/json-spans.ts";
import { outputTextOf } from "../protocol/stored-input.ts";

/** Everything up to a response: how many items, and what they were. */
export interface History {
  readonly responseId: string;
  readonly count: number;
  readonly digest: string;
}

function digestOf(text: string, items: readonly Span[], hasher: Bun.CryptoHasher): void {
  for (const { start, end } of items) hasher.update(`${end - start}:`).update(text.slice(start, end));
}

function inputItems(body: string): readonly Span[] {
  const input = findMember(scanObject(body), "input");
  return input === null ? [] : scanArray(body, input.valueStart);
}

/** What is known once the request with this body was answered by that terminal event; null when it says too little. */
export function historyOf(body: string, responseId: string | null, terminal: string): History | null {
  const response = answerTextOf(terminal);
  if (response === null || responseId === null) return null;
  const output = outputTextOf(response);
  const [sent, made] = [inputItems(body), scanArray(output)];
  const hasher = new Bun.CryptoHasher("sha256");
  digestOf(body, sent, hasher);
  digestOf(output, made, hasher);
  return { responseId, count: sent.length + made.length, digest: hasher.digest("hex") };
}

/** The JSON text of the items that are new; null when the input does not strictly extend what is known (trap 16). */
export function newItems(body: string, history: History): string | null {
  const items = inputItems(body);
  const [first] = items.slice(history.count);
  const last = items.at(-1);
  if (first === undefined || last === undefined) return null;
  const hasher = new Bun.CryptoHasher("sha256");
  digestOf(body, items.slice(0, history.count), hasher);
  return hasher.digest("hex") === history.digest ? `[${body.slice(first.start, last.end)}]` : null;
}
