/**
 * Question: what can go wrong with one call?
 * Owns faults as data: a refusal by name, an answer written by hand, or a connection that hangs, breaks or lies.
 * Must not decide when one happens: `script.ts` does.
 */
import type { JsonObject } from "./content.ts";
import type { FailureFacts } from "./failure-shapes.ts";
import { FAILURE_NAMES, type FailureName } from "./failures.ts";

/** Faults of the connection and of the stream, by kind. */
export const CONNECTION_FAULT_KINDS = [
  "refused",
  "reset-before-headers",
  "reset-after-accept",
  "hang-before-headers",
  "hang-mid-stream",
  "reset-mid-stream",
  "close-mid-stream",
  "end-mid-stream",
  "garbage-mid-stream",
  "garbage-framing",
  "truncated-json",
  "wrong-content-length",
  "slow-loris",
  "json-instead-of-sse",
  "drop-after-commit",
] as const;
export type ConnectionFaultKind = (typeof CONNECTION_FAULT_KINDS)[number];

export type Fault =
  /** A refusal of the catalogue. Events come after `afterEvent` ordinary events. */
  | {
      readonly kind: "failure";
      readonly name: FailureName;
      readonly afterEvent: number;
      readonly facts: Partial<FailureFacts>;
    }
  /** An answer written by hand. */
  | {
      readonly kind: "http";
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
    }
  /** An event written by hand, after which the stream ends cleanly. */
  | { readonly kind: "event"; readonly event: JsonObject; readonly afterEvent: number }
  /** A socket is closed with this code, or without any for 1006. Over HTTP it is a reset. */
  | { readonly kind: "socket-close"; readonly code: number; readonly afterEvent: number }
  /** Everything the connection can do. `afterEvent` counts events sent before; `msPerByte` is for slow-loris. */
  | { readonly kind: ConnectionFaultKind; readonly afterEvent: number; readonly msPerByte: number };

/** A fault, or just its name when the usual details will do. */
export type FaultLike = Fault | FailureName | ConnectionFaultKind;

const CONNECTION_KINDS: ReadonlySet<string> = new Set(CONNECTION_FAULT_KINDS);
const FAILURES: ReadonlySet<string> = new Set(FAILURE_NAMES);

export interface FailureOptions {
  /** For events inside a stream: how many ordinary events come first. 1 means right after `response.created`. */
  afterEvent?: number;
  facts?: Partial<FailureFacts>;
}

/** A refusal of the catalogue, with details. */
export function failure(name: FailureName, options: FailureOptions = {}): Fault {
  return { kind: "failure", name, afterEvent: options.afterEvent ?? 1, facts: options.facts ?? {} };
}

/** An HTTP answer written by hand. A body that is no string is written as JSON. */
export function httpAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Fault {
  const written = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "http", status, headers: { "content-type": "application/json", ...headers }, body: written };
}

/** An event written by hand after `afterEvent` ordinary ones. */
export function eventFault(event: JsonObject, afterEvent = 1): Fault {
  return { kind: "event", event, afterEvent };
}

/** A socket that is closed in the middle of a response; 1006 cuts the connection. */
export function socketClose(code: number, afterEvent = 0): Fault {
  return { kind: "socket-close", code, afterEvent };
}

export interface ConnectionFaultOptions {
  afterEvent?: number;
  msPerByte?: number;
}

/** A fault of the connection, with details. */
export function connectionFault(kind: ConnectionFaultKind, options: ConnectionFaultOptions = {}): Fault {
  return { kind, afterEvent: options.afterEvent ?? 3, msPerByte: options.msPerByte ?? 1000 };
}

/** Spells out a fault given by name. */
export function asFault(given: FaultLike): Fault {
  if (typeof given !== "string") return given;
  if (isConnectionKind(given)) return connectionFault(given);
  if (isFailureName(given)) return failure(given);
  throw new Error(`simulator: no fault is called ${String(given)}`);
}

function isConnectionKind(name: string): name is ConnectionFaultKind {
  return CONNECTION_KINDS.has(name);
}

function isFailureName(name: string): name is FailureName {
  return FAILURES.has(name);
}
