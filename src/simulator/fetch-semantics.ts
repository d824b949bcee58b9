/**
 * Question: what would fetch make of this answer?
 * Owns the difference between the bytes on a wire and what a caller of Bun's fetch sees: decoded gzip, broken promises of length.
 * Must not be used by the socket server: there the real fetch does this.
 */
import { TransportFault } from "./transport-fault.ts";

/** The answer as fetch hands it out. Headers stay as they are, also the ones that are no longer true. */
export function asFetched(answer: Response): Response {
  const { body, headers, status } = answer;
  if (body === null) return answer;
  if (headers.get("content-encoding") === "gzip") {
    return new Response(body.pipeThrough(new DecompressionStream("gzip")), { status, headers });
  }
  const promised = headers.get("content-length");
  if (promised === null) return answer;
  return new Response(holdToLength(body, Number(promised)), { status, headers });
}

/** Fails like a closed connection when the body ends before the promised length. */
function holdToLength(body: ReadableStream<Uint8Array>, promised: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let seen = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) {
        seen += value.length;
        return controller.enqueue(value);
      }
      if (seen < promised) controller.error(new TransportFault("fin"));
      else controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
