/**
 * Question: how does a broken connection look?
 * Owns the one error that stands for it, shaped as Bun's fetch shapes its own: a TypeError with a `code`.
 * Must not say more to an in-memory caller than a real socket would: `ending` is for the socket server alone.
 */

/** What the socket does: reset (RST), fin (closed before the answer was whole), garbage (bytes that are not HTTP), refused. */
export const CONNECTION_ENDINGS = ["reset", "fin", "garbage", "refused"] as const;
export type ConnectionEnding = (typeof CONNECTION_ENDINGS)[number];

const MESSAGES: Record<ConnectionEnding, { code: string; message: string }> = {
  reset: { code: "ECONNRESET", message: "ECONNRESET: The socket connection was closed unexpectedly." },
  fin: { code: "ECONNRESET", message: "ECONNRESET: The socket connection was closed unexpectedly." },
  garbage: { code: "InvalidHTTPResponse", message: "InvalidHTTPResponse while reading the simulated upstream" },
  refused: {
    code: "ECONNREFUSED",
    message: "ECONNREFUSED: Unable to connect. Is the computer able to access the url?",
  },
};

/** The connection broke. `code` is what Bun's fetch would carry. */
export class TransportFault extends TypeError {
  readonly code: string;
  readonly ending: ConnectionEnding;

  constructor(ending: ConnectionEnding) {
    super(MESSAGES[ending].message);
    this.name = "TypeError";
    this.code = MESSAGES[ending].code;
    this.ending = ending;
  }
}

/** Waits until the caller gives up, then rejects with the caller's own reason. Never settles before that. */
export function hangUntilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
