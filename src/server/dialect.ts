/** How does an API word what the engine serves? The engine speaks Responses only; each route brings a dialect of its own. */
import type { Refusal } from "../protocol/refusal.ts";
import type { PulledBody, Served } from "../router/turn.ts";

/** The header that names what of a request was left out. */
export const IGNORED = "x-codexuse-ignored";

export type Head = Readonly<Record<string, string>>;

export type Answer = Extract<Served, { kind: "answer" }>;

export interface Dialect {
  /** Goes out between two events while nothing flows. */
  readonly beat: Uint8Array;
  /** The answer's head, from what the engine gives to it. */
  head(given: Head): Head;
  /** The engine's events in this API's words; each chunk holds whole events. */
  stream(events: PulledBody): PulledBody;
  /** A finished answer, or upstream's refusal of a bad request. */
  answer(answer: Answer): { readonly status: number; readonly type: string; readonly body: Uint8Array | string };
  /** The refusal as the last event of a stream whose head is already out. */
  lateRefusal(refusal: Refusal): Uint8Array;
}

/** What the engine gives to a head, with what was left out of the request before the engine was asked. */
export function withIgnored(given: Head, ignored: readonly string[]): Head {
  if (ignored.length === 0) return given;
  const told = given[IGNORED];
  return { ...given, [IGNORED]: [...ignored, ...(told === undefined ? [] : [told])].join(", ") };
}
