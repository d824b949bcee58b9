/**
 * Question: what did the upstream see?
 * Owns the evidence: every request, the turns that were accepted, what was done wrong, and how many calls ran at once.
 * Must not influence any answer.
 */
import { pushBounded } from "./bounded.ts";
import type { Endpoint } from "./routes.ts";

/** How a call ended: still open, answered in full, cut by a scripted fault, or given up by the caller. */
export const REQUEST_OUTCOMES = ["open", "answered", "cut", "cancelled"] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

export interface SimRequest {
  readonly id: number;
  /** Milliseconds since the epoch, as the simulator's clock has it. */
  readonly at: number;
  readonly method: string;
  /** A turn asked for on a socket looks like the HTTP request that asks for the same. */
  readonly transport: "http" | "socket";
  readonly host: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  endpoint: Endpoint;
  /** Decoded: parsed JSON, form fields, or the text as it came. Null without a body and once too old. */
  body: unknown;
  /** Bytes as they came over the wire. */
  bodyBytes: number;
  account: string | null;
  /** How many calls of this account at this endpoint, this one included. 0 when nobody was recognised. */
  call: number;
  model: string | null;
  status: number | null;
  fault: string | null;
  /** Whether the answer has a body that takes its time; it then closes the record itself. */
  streaming: boolean;
  outcome: RequestOutcome;
  endedAt: number | null;
  /** True when the caller went away before the answer was whole. */
  cancelled: boolean;
}

/** A turn the upstream took on: it would cost quota and may have side effects. */
export interface AcceptedGeneration {
  readonly requestId: number;
  readonly at: number;
  readonly account: string;
  readonly model: string;
  readonly responseId: string;
  readonly callIds: readonly string[];
}

export const VIOLATION_KINDS = [
  "foreign-account-id",
  "refresh-token-reused",
  "foreign-turn-state",
  "socket-overlap",
  "unknown-token",
] as const;
/** Things a correct client never does. */
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly at: number;
  readonly account: string | null;
  readonly requestId: number;
  readonly note: string;
}

/** One client's socket: what it said, and what can be done to it. */
export interface SimSocket {
  readonly id: number;
  readonly at: number;
  readonly account: string;
  readonly headers: Record<string, string>;
  /** Parsed messages, oldest first; only the youngest are kept. */
  readonly messages: unknown[];
  /** Pings that came. */
  pings: number;
  isOpen: boolean;
  /** Closes it; 1006 cuts the connection. */
  close(code: number): void;
  /** Half open: it takes everything and says nothing any more, not even a pong. */
  goSilent(): void;
  /** Says something that nobody asked for. */
  say(frame: unknown): void;
}

/** Calls in flight: now, and at most so far. */
export interface Concurrency {
  now: number;
  max: number;
}

export interface Evidence {
  readonly requests: SimRequest[];
  readonly violations: Violation[];
  readonly acceptedGenerations: AcceptedGeneration[];
  /** Connections, the oldest first. */
  readonly sockets: SimSocket[];
  readonly concurrency: Concurrency;
  /** By account name and by endpoint name. */
  readonly concurrencyBy: Map<string, Concurrency>;
  readonly bounds: EvidenceBounds;
  nextId: number;
}

export interface EvidenceBounds {
  /** How many requests are remembered. */
  readonly requestsMax: number;
  /** How many of them, the youngest, with their bodies. */
  readonly bodiesMax: number;
}

export function createEvidence(bounds: EvidenceBounds): Evidence {
  return {
    requests: [],
    violations: [],
    acceptedGenerations: [],
    sockets: [],
    concurrency: { now: 0, max: 0 },
    concurrencyBy: new Map(),
    bounds,
    nextId: 1,
  };
}

export interface Opening {
  readonly url: URL;
  readonly endpoint: Endpoint;
  readonly at: number;
  readonly transport: SimRequest["transport"];
}

/** Opens the record of a call. The oldest record goes when there are too many. */
export function openRecord(
  evidence: Evidence,
  request: Request,
  { url, endpoint, at, transport }: Opening,
): SimRequest {
  const record: SimRequest = {
    id: evidence.nextId,
    at,
    method: request.method,
    transport,
    host: request.headers.get("host") ?? url.host,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(request.headers),
    endpoint,
    body: null,
    bodyBytes: 0,
    account: null,
    call: 0,
    model: null,
    status: null,
    fault: null,
    streaming: false,
    outcome: "open",
    endedAt: null,
    cancelled: false,
  };
  evidence.nextId += 1;
  pushBounded(evidence.requests, record, evidence.bounds.requestsMax);
  dropOldBody(evidence);
  enter(evidence.concurrency);
  return record;
}

function dropOldBody(evidence: Evidence): void {
  const aged = evidence.requests.at(-1 - evidence.bounds.bodiesMax);
  if (aged !== undefined) aged.body = null;
}

/** Notes whose call it is and counts it among the account's and the endpoint's calls in flight. */
export function attributeRecord(evidence: Evidence, record: SimRequest, account: string | null, call: number): void {
  record.account = account;
  record.call = call;
  for (const key of keysOf(record)) {
    const counter = evidence.concurrencyBy.get(key) ?? { now: 0, max: 0 };
    evidence.concurrencyBy.set(key, counter);
    enter(counter);
  }
}

/** Closes the record, once. */
export function closeRecord(evidence: Evidence, record: SimRequest, outcome: RequestOutcome, at: number): void {
  if (record.outcome !== "open") return;
  record.outcome = outcome;
  record.cancelled = outcome === "cancelled";
  record.endedAt = at;
  evidence.concurrency.now -= 1;
  for (const key of keysOf(record)) {
    const counter = evidence.concurrencyBy.get(key);
    if (counter !== undefined) counter.now -= 1;
  }
}

export function noteViolation(
  evidence: Evidence,
  record: SimRequest,
  kind: ViolationKind,
  account: string | null,
  note: string,
): void {
  evidence.violations.push({ kind, at: record.at, account, requestId: record.id, note });
}

export function noteAccepted(evidence: Evidence, accepted: AcceptedGeneration): void {
  pushBounded(evidence.acceptedGenerations, accepted, evidence.bounds.requestsMax);
}

/** Nothing of the past remains but calls that are still open. */
export function forgetEvidence(evidence: Evidence): void {
  const open = evidence.requests.filter((record) => record.outcome === "open");
  evidence.requests.splice(0, evidence.requests.length, ...open);
  evidence.violations.length = 0;
  evidence.acceptedGenerations.length = 0;
  for (const counter of [evidence.concurrency, ...evidence.concurrencyBy.values()]) counter.max = counter.now;
}

function keysOf(record: SimRequest): string[] {
  const endpointKey = `endpoint:${record.endpoint}`;
  return record.account === null ? [endpointKey] : [`account:${record.account}`, endpointKey];
}

function enter(counter: Concurrency): void {
  counter.now += 1;
  counter.max = Math.max(counter.max, counter.now);
}
