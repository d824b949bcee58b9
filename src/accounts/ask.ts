/**
 * What does upstream answer to one small question?
 *
 * Owns the deadline and the bounds of every account request (tokens, usage, catalogue, routing). Sends once, reads the
 * whole body or cancels it, and tells apart "no answer" from "an answer that broke off". Never retries, never judges.
 */
import {
  type AnswerHead,
  type Clock,
  TransportError,
  type Upstream,
  type UpstreamAnswer,
  type UpstreamRequest,
} from "../ports.ts";
import { unlessAborted } from "./waiting.ts";

export type Asked =
  | { readonly kind: "answered"; readonly status: number; readonly headers: AnswerHead; readonly text: string }
  /** A head came, the body did not, or was larger than allowed. */
  | { readonly kind: "broken"; readonly status: number }
  /** No head came. `unsent`: upstream cannot have seen the request; else what it did with it is unknown. */
  | { readonly kind: "unanswered"; readonly unsent: boolean };

export interface Wire {
  readonly upstream: Upstream;
  readonly clock: Clock;
}

export interface AskLimits {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** Account answers are small; a catalogue with its instruction texts is the largest of them. */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Sends and reads it all. Rejects only with the reason of the caller's own `signal`. */
export async function ask(
  wire: Wire,
  request: UpstreamRequest,
  limits: AskLimits,
  signal?: AbortSignal,
): Promise<Asked> {
  const deadline = new AbortController();
  const cancelTimer = wire.clock.after(limits.timeoutMs, () => deadline.abort(new Error("deadline")));
  const either = signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]);
  let status: number | null = null;
  try {
    const answer = await unlessAborted(wire.upstream.send(request, either), either);
    status = answer.status;
    const text = await readText(answer, limits.bytesMax, either);
    return text === null ? { kind: "broken", status } : { kind: "answered", status, headers: answer.headers, text };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    return status === null ? { kind: "unanswered", unsent: isUnsent(error) } : { kind: "broken", status };
  } finally {
    cancelTimer();
  }
}

/** These faults end a connection before it can carry anything. */
function isUnsent(error: unknown): boolean {
  return error instanceof TransportError && ["refused", "dns", "tls", "proxy"].includes(error.fault);
}

/** Null when the body is larger than allowed; it is cancelled then, as it is when the signal fires. */
async function readText(answer: UpstreamAnswer, bytesMax: number, signal: AbortSignal): Promise<string | null> {
  if (answer.body === null) return "";
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal);
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > bytesMax) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  }
  reader.cancel().catch(() => undefined);
  return null;
}
