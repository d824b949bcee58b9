/**
 * What does a connection upstream know already? The last response of it, by its id, and a digest of everything up to it: a
 * request whose input begins with just that needs to carry the rest only.
 */
import { answerTextOf } from "../protocol/answer.ts";
import { findMember, type Member, type Span, scanArray, scanObject } from "../protocol/json-spans.ts";
import { outputTextOf } from "../protocol/stored-input.ts";

/** Everything up to a response: its input and its output, how many items each has, and what they were. */
export interface History {
  readonly responseId: string;
  readonly sentCount: number;
  readonly madeCount: number;
  readonly digest: bigint;
}

/** A request's whole body, its members and the items of its input; the places of both are those in the body. */
export interface Sent {
  readonly body: string;
  readonly members: readonly Member[];
  readonly items: readonly Span[];
}

export function readSent(body: string): Sent {
  const members = scanObject(body);
  const input = findMember(members, "input");
  return { body, members, items: input === null ? [] : scanArray(body, input.valueStart) };
}

/** The text from the first of these items to the last, as it stands. */
function textOf(body: string, items: readonly Span[]): string {
  const [first, last] = [items[0], items.at(-1)];
  return first === undefined || last === undefined ? "" : body.slice(first.start, last.end);
}

/** Only ever compared with what the same conversation brings next: no secret, and no guard against anybody. */
function digestOf(sent: string, made: string): bigint {
  return BigInt(Bun.hash(made, BigInt(Bun.hash(sent))));
}

/** What is known once this was answered by that terminal event; null when it says too little. */
export function historyOf({ body, items }: Sent, responseId: string | null, terminal: string): History | null {
  const response = answerTextOf(terminal);
  if (response === null || responseId === null) return null;
  const output = outputTextOf(response);
  const made = scanArray(output);
  const digest = digestOf(textOf(body, items), textOf(output, made));
  return { responseId, sentCount: items.length, madeCount: made.length, digest };
}

/** The JSON text of the items that are new; null when the input does not strictly extend what is known (trap 16). */
export function newItems({ body, items }: Sent, { sentCount, madeCount, digest }: History): string | null {
  const count = sentCount + madeCount;
  if (items.length <= count) return null;
  const known = digestOf(textOf(body, items.slice(0, sentCount)), textOf(body, items.slice(sentCount, count)));
  return known === digest ? `[${textOf(body, items.slice(count))}]` : null;
}
