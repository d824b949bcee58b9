/** A handful of turns of every kind, and what became of them. */
import { bodyOf, callRaw, chatBodyOf, type RawCall, type RawRequest } from "./raw-client.ts";

export interface Asked {
  readonly count: number;
  readonly served: number;
  readonly slowestMs: number;
  /** Statuses of those that were not served, with the end of what was said. */
  readonly refusals: readonly string[];
}

function requestOf(key: string, prefix: string, index: number): RawRequest {
  const text = `${prefix} ${index}`;
  const session = `${prefix}-${index % 7}`;
  switch (index % 4) {
    case 0:
      return { key, body: bodyOf(text, session) };
    case 1:
      return { key, body: bodyOf(text, session, { stream: false }) };
    case 2:
      return { key, body: bodyOf(text, session, { store: true }) };
    default:
      return { key, path: "/v1/chat/completions", body: chatBodyOf(text) };
  }
}

export function isServed(call: RawCall): boolean {
  return call.status() === 200 && /"response\.completed"|"completed"|\[DONE\]|"finish_reason":"stop"/.test(call.text());
}

/** `width` at a time. `prefix` tells the sessions of one round from those of another. */
export async function askMany(port: number, key: string, prefix: string, count: number, width: number): Promise<Asked> {
  let next = 0;
  let served = 0;
  let slowestMs = 0;
  const refusals: string[] = [];
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const startedAt = performance.now();
      const call = await callRaw(port, requestOf(key, prefix, index));
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      if (isServed(call)) served += 1;
      else refusals.push(`${call.status()} ${call.text().slice(-300)}`);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { count, served, slowestMs, refusals };
}
