/** The load: one turn, or many at once, and what a client sees of it. */
import type { Target } from "./targets.ts";

export interface TurnTimes {
  /** From sending to the first byte of output, in milliseconds. */
  readonly firstMs: number;
  readonly wholeMs: number;
  readonly events: number;
}

const OUTPUT = "response.output_text.delta";
const END = "response.completed";
/** Enough of what came before to find a name that was cut in two. */
const NAME_CHARACTERS_MAX = 64;

export function bodyOf(inputBytes: number, session: string): string {
  const text = "lorem ipsum ".repeat(Math.ceil(inputBytes / 12)).slice(0, inputBytes);
  return JSON.stringify({
    model: "gpt-5.5",
    instructions: "",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text }] }],
    stream: true,
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: session,
  });
}

function ask(target: Target, body: string, signal?: AbortSignal): Promise<Response> {
  return fetch(target.url, {
    method: "POST",
    headers: { ...target.headers, "content-type": "application/json", accept: "text/event-stream" },
    body,
    ...(signal === undefined ? {} : { signal }),
    timeout: false,
  });
}

/** One streamed turn from beginning to end. Throws when it does not end as it should. */
export async function runTurn(target: Target, body: string): Promise<TurnTimes> {
  const startedAt = performance.now();
  const response = await ask(target, body);
  if (!response.ok || response.body === null) throw new Error(`${target.name}: status ${response.status}`);
  let firstMs: number | null = null;
  let hasEnded = false;
  let tail = "";
  let events = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    const text = decoder.decode(chunk, { stream: true });
    const seen = tail + text;
    if (firstMs === null && seen.includes(OUTPUT)) firstMs = performance.now() - startedAt;
    hasEnded = hasEnded || seen.includes(END);
    for (let at = text.indexOf("\n\n"); at !== -1; at = text.indexOf("\n\n", at + 2)) events += 1;
    tail = seen.slice(-NAME_CHARACTERS_MAX);
  }
  if (!hasEnded || firstMs === null) throw new Error(`${target.name}: the stream ended early`);
  return { firstMs, wholeMs: performance.now() - startedAt, events };
}

/** `count` turns with `width` at a time; answers the seconds it took and how many events came. */
export async function runMany(target: Target, body: string, count: number, width: number) {
  let left = count;
  let events = 0;
  const startedAt = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      events += (await runTurn(target, body)).events;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { seconds: (performance.now() - startedAt) / 1_000, events };
}

/** Opens `count` streams, waits until each has begun, and hands them out; `close` ends them all. */
export async function openStreams(target: Target, body: string, count: number): Promise<() => void> {
  const ends = new AbortController();
  const open = async () => {
    const response = await ask(target, body, ends.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    void drain(reader);
  };
  for (let opened = 0; opened < count; opened += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - opened) }, open));
  }
  return () => ends.abort();
}

/** Keeps reading, so that what stays behind is what the proxy holds, until the stream is ended. */
async function drain(reader: { read(): Promise<{ done: boolean }> } | undefined): Promise<void> {
  try {
    while (reader !== undefined && !(await reader.read()).done);
  } catch {
    // Ended from our side: that is how these streams end.
  }
}
