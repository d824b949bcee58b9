/** A relay on loopback that keeps what passes: what a client really sent can then be compared with what upstream got. */
import { onTestFinished } from "bun:test";

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
  /** Head of the answer; null until there is one. */
  answer: { readonly status: number; readonly headers: Headers } | null;
}

export interface Relay {
  readonly origin: string;
  /** Oldest first. */
  readonly requests: readonly RecordedRequest[];
}

/** Passes everything on to `target` and its answers back, bodies as they come. Stopped when the test has ended. */
export function startRelay(target: string): Relay {
  const requests: RecordedRequest[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      const text = await request.text();
      const entry: RecordedRequest = { method: request.method, path: pathname + search, headers, text, answer: null };
      requests.push(entry);
      const sent = new Headers(headers);
      for (const name of ["host", "connection", "content-length"]) sent.delete(name);
      const { method, signal } = request;
      const body = method === "GET" ? null : text;
      const answer = await fetch(target + pathname + search, { method, headers: sent, body, signal });
      entry.answer = { status: answer.status, headers: answer.headers };
      return answer;
    },
  });
  onTestFinished(() => server.stop(true));
  return { origin: `http://127.0.0.1:${server.port}`, requests };
}
