/** A conversation on a socket: each request goes on from the last response, with what is new only. */

import { type Frame, idOf, openSocket, type SocketClient } from "./socket-client.ts";
import type { Pool } from "./start-pool.ts";

export function userItem(text: string) {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

/** A request for a response; `input` is one user's message, or items. */
export function createOf(input: string | readonly unknown[], more: Readonly<Record<string, unknown>> = {}) {
  const items = typeof input === "string" ? [userItem(input)] : input;
  return { type: "response.create", model: "gpt-5.5", store: false, stream: true, input: items, ...more };
}

export interface Talk {
  readonly client: SocketClient;
  /** Goes on with the last response that ended well. */
  say(input: string | readonly unknown[], more?: Readonly<Record<string, unknown>>): Promise<readonly Frame[]>;
  /** Id of that response; null before the first. */
  last(): string | null;
}

/** Connects to the pool with its key. Throws when the upgrade is refused. */
export async function connect(pool: Pool, headers: Readonly<Record<string, string>> = {}): Promise<SocketClient> {
  const client = await openSocket(pool.origin, { authorization: `Bearer ${pool.key}`, ...headers });
  if (client === null) throw new Error("the pool refused the upgrade");
  return client;
}

export async function talk(pool: Pool, headers: Readonly<Record<string, string>> = {}): Promise<Talk> {
  const client = await connect(pool, headers);
  let last: string | null = null;
  return {
    client,
    last: () => last,
    async say(input, more = {}) {
      const goOn = last === null ? {} : { previous_response_id: last };
      const frames = await client.ask(createOf(input, { ...goOn, ...more }));
      if (frames.at(-1)?.type === "response.completed") last = idOf(frames);
      return frames;
    },
  };
}

/** What a client is told of an error, at the end of these frames. */
export function errorOf(frames: readonly Frame[]): {
  readonly status: unknown;
  readonly code: unknown;
  readonly message: unknown;
} {
  const frame = frames.at(-1);
  const error = frame?.["error"] as { code?: unknown; message?: unknown } | undefined;
  return { status: frame?.["status"], code: error?.code, message: error?.message };
}

/** Texts of the input that upstream was last asked with, by item. */
export function lastInput(pool: Pool): string[] {
  const body = pool.sim.turnsOf().at(-1)?.body as { input: { content?: { text?: string }[]; type: string }[] };
  return body.input.map((item) => item.content?.[0]?.text ?? item.type);
}
