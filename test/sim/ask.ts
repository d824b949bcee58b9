/** One request of a simulated client: asks the engine as the server does, reads what comes, may leave at any time. */

import { BUNDLED_CATALOGUE } from "../../src/models/bundled.ts";
import { type Refusal, renderRefusal } from "../../src/protocol/refusal.ts";
import { parseResponsesRequest } from "../../src/protocol/responses-request.ts";
import type { Engine } from "../../src/router/engine.ts";
import { ROUTES } from "../../src/router/routes.ts";
import { serveTurn } from "../../src/router/serve-turn.ts";
import type { Served, Turn } from "../../src/router/turn.ts";
import { isKept, keepAnswer, prepareTurn, type Shelf } from "../../src/server/stored-turns.ts";
import { waitFor } from "../../src/simulator/clock.ts";
import type { Life } from "./life.ts";
import { type ReadEvent, readSse } from "./read-sse.ts";

export interface Question {
  readonly turnId: string;
  readonly keyId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pause of a slow reader before each chunk. */
  readonly readDelayMs?: number;
}

export type Outcome = {
  readonly turnId: string;
  /** `killed`: the process ended under it. `crashed`: the engine threw, which is always a defect. */
  readonly kind: Served["kind"] | "killed" | "crashed";
  readonly status: number;
  readonly sessionId: string;
  readonly profile: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Everything that reached the client: events of a stream, or the body. */
  readonly text: string;
  readonly events: readonly ReadEvent[];
  readonly refusal: Refusal | null;
  readonly hasLeft: boolean;
  readonly startedAtMs: number;
  /** When the status was known; null when it never was. */
  readonly headAtMs: number | null;
  readonly endedAtMs: number;
  readonly error: string | null;
};

export interface Asking {
  readonly turnId: string;
  /** Never rejects. */
  readonly done: Promise<Outcome>;
  /** The client goes away: its connection closes, whatever stands open. */
  leave(): void;
  /** What has reached the client so far. */
  readonly text: () => string;
}

interface Progress {
  hasLeft: boolean;
  headAtMs: number | null;
  served: Served | null;
  text: string;
  reader: { cancel(reason: string): Promise<void> } | null;
}

export function ask(engine: Engine, life: Life, question: Question): Asking {
  const left = new AbortController();
  const startedAtMs = life.clock.now();
  const progress: Progress = { hasLeft: false, headAtMs: null, served: null, text: "", reader: null };
  const shelf = shelfOf(engine);
  const asked = turnOf(question, shelf, left.signal, startedAtMs);
  const finish = (kind: Outcome["kind"], error: string | null): Outcome =>
    outcomeOf(question, progress, kind, startedAtMs, engine.clock.now(), error);
  const serving = serve(engine, shelf, asked, progress, question.readDelayMs ?? 0);
  const done = Promise.race([
    serving.then(
      () => finish(progress.served?.kind ?? "crashed", null),
      (error: unknown) => finish("crashed", error instanceof Error ? (error.stack ?? error.message) : String(error)),
    ),
    life.over.then(() => finish("killed", null)),
  ]);
  return {
    turnId: question.turnId,
    done,
    leave() {
      if (progress.hasLeft || life.isOver()) return;
      progress.hasLeft = true;
      left.abort(new Error("client left"));
      progress.reader?.cancel("client left").catch(() => undefined);
    },
    text: () => progress.text,
  };
}

/** What the server has of the engine to keep responses with. */
function shelfOf(engine: Engine): Shelf {
  const names = { models: BUNDLED_CATALOGUE, hidden: new Set<string>(), aliases: [], fast: false };
  return { ...engine, responses: engine.runtime, names: () => names };
}

type Asked = { readonly kind: "turn"; readonly turn: Turn } | Extract<Served, { kind: "refused" }>;

/** The turn as the server makes it of a body: with all that the body only names. */
function turnOf(question: Question, shelf: Shelf, signal: AbortSignal, receivedAtMs: number): Asked {
  const parsed = parseResponsesRequest(JSON.stringify(question.body));
  if (parsed.kind === "refused") throw new Error(`the simulated client asks nonsense: ${parsed.refusal.message}`);
  const { turnId: id, keyId } = question;
  const prepared = prepareTurn(shelf, keyId, parsed.request, isKept(parsed.request));
  if (prepared.kind === "refused") return { ...prepared, by: { sessionId: "", profile: null } };
  const { request, previousResponseId, told } = prepared;
  const client = { ...question.headers, "x-client-request-id": id };
  const turn = {
    id,
    keyId,
    route: ROUTES.turn,
    request,
    form: null,
    previousResponseId,
    isContinuable: isKept(parsed.request),
    told,
    client,
    lane: null,
    signal,
    receivedAtMs,
  };
  return { kind: "turn", turn };
}

async function serveAsked(engine: Engine, shelf: Shelf, asked: Asked): Promise<Served> {
  if (asked.kind === "refused") return asked;
  const served = await serveTurn(engine, asked.turn);
  return isKept(asked.turn.request) ? keepAnswer(shelf, asked.turn, served) : served;
}

async function serve(
  engine: Engine,
  shelf: Shelf,
  asked: Asked,
  progress: Progress,
  readDelayMs: number,
): Promise<void> {
  const served = await serveAsked(engine, shelf, asked);
  progress.served = served;
  progress.headAtMs = engine.clock.now();
  if (served.kind === "answer") {
    progress.text = typeof served.body === "string" ? served.body : new TextDecoder().decode(served.body);
  }
  if (served.kind === "refused") progress.text = renderRefusal(served.refusal);
  if (served.kind !== "stream") return;
  const decoder = new TextDecoder();
  const reader = served.body.getReader();
  progress.reader = reader;
  if (progress.hasLeft) await reader.cancel("client left");
  for (;;) {
    if (readDelayMs > 0 && !progress.hasLeft) await waitFor(engine.clock, readDelayMs);
    const { done, value } = await reader.read();
    if (done) return;
    progress.text += decoder.decode(value, { stream: true });
  }
}

function statusOf(served: Served | null): number {
  switch (served?.kind) {
    case "stream":
      return 200;
    case "answer":
      return served.status;
    case "refused":
      return served.refusal.status;
    default:
      return 0;
  }
}

function outcomeOf(
  question: Question,
  progress: Progress,
  kind: Outcome["kind"],
  startedAtMs: number,
  endedAtMs: number,
  error: string | null,
): Outcome {
  const { served, text, hasLeft, headAtMs } = progress;
  return {
    turnId: question.turnId,
    kind,
    status: statusOf(served),
    sessionId: served?.by.sessionId ?? "",
    profile: served?.by.profile ?? null,
    headers: served?.kind === "stream" || served?.kind === "answer" ? served.headers : {},
    text,
    events: served?.kind === "stream" ? readSse(text) : [],
    refusal: served?.kind === "refused" ? served.refusal : null,
    hasLeft,
    startedAtMs,
    headAtMs,
    endedAtMs,
    error,
  };
}
