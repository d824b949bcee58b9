/** The load: one turn, or many at once, and what a client sees of it. */
import type { Target } from "./world.ts";

export interface TurnTimes {
  /** From sending to the first byte of output. */
  readonly firstMs: number;
  readonly wholeMs: number;
}

const OUTPUT = "response.output_text.delta";
const END = "response.completed";
/** Enough of what came before to find a name that was cut in two. */
const NAME_BYTES_MAX = 64;

export interface Question {
  readonly inputBytes: number;
  readonly session: string;
  readonly stream: boolean;
}

/** A request as Codex sends it, of about this size. */
export function bodyOf({ inputBytes, session, stream }: Question): string {
  const text = "lorem ipsum ".repeat(Math.ceil(inputBytes / 12)).slice(0, inputBytes);
  return JSON.stringify({
    model: "gpt-5.5",
    instructions: "",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text }] }],
    stream,
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: session,
  });
}

function ask(target: Target, body: string, signal: AbortSignal | null): Promise<Response> {
  return fetch(target.url, {
    method: "POST",
    headers: { ...target.headers, "content-type": "application/json", accept: "text/event-stream" },
    body,
    timeout: false,
    ...(signal === null ? {} : { signal }),
  });
}

/** One streamed turn from beginning to end. Throws when it does not end as it should. */
export async function runTurn(target: Target, body: string): Promise<TurnTimes> {
  const startedAt = performance.now();
  const response = await ask(target, body, null);
  if (!response.ok || response.body === null) throw new Error(`${target.name}: status ${response.status}`);
  let firstMs: number | null = null;
  let hasEnded = false;
  let tail = Buffer.alloc(0);
  for await (const chunk of response.body) {
    tail = Buffer.concat([tail.subarray(-NAME_BYTES_MAX), chunk]);
    if (firstMs === null && tail.includes(OUTPUT)) firstMs = performance.now() - startedAt;
    hasEnded = hasEnded || tail.includes(END);
  }
  if (!hasEnded || firstMs === null) throw new Error(`${target.name}: the stream ended early`);
  return { firstMs, wholeMs: performance.now() - startedAt };
}

/** One turn whose answer comes in one piece. */
export async function runWhole(target: Target, body: string): Promise<void> {
  const response = await ask(target, body, null);
  const text = await response.text();
  if (!response.ok || !text.includes('"completed"')) throw new Error(`${target.name}: status ${response.status}`);
}

/** `count` times `turn`, `width` at a time; answers the seconds it took. */
export async function runMany(turn: () => Promise<unknown>, count: number, width: number): Promise<number> {
  let left = count;
  const startedAt = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await turn();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  return (performance.now() - startedAt) / 1_000;
}

/** Opens `count` streams, waits until each has begun, and keeps reading; the answer ends them all. */
export async function openStreams(target: Target, body: string, count: number): Promise<() => Promise<void>> {
  const ends = new AbortController();
  const draining: Promise<void>[] = [];
  const open = async () => {
    const response = await ask(target, body, ends.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    draining.push(drain(reader));
  };
  await runMany(open, count, 50);
  return async () => {
    ends.abort();
    await Promise.all(draining);
  };
}

/** Keeps reading, so that what stays behind is what the proxy holds, until the stream is ended. */
async function drain(reader: { read(): Promise<{ done: boolean }> } | undefined): Promise<void> {
  try {
    while (reader !== undefined && !(await reader.read()).done);
  } catch {
    // Ended from our side: that is how these streams end.
  }
}
