/** How do we say no? One value for every refusal of our own, and its OpenAI-shaped body. */

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** Seconds; only where a retry helps. */
  readonly retryAfterSeconds: number | null;
  /** Further members of the `error` object, such as `resets_at`. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Members beside `error`, such as `accounts`. */
  readonly beside: Readonly<Record<string, unknown>>;
}

export function refuse(
  status: number,
  type: string,
  code: string,
  message: string,
  more: Partial<Pick<Refusal, "param" | "retryAfterSeconds" | "details" | "beside">> = {},
): Refusal {
  return { status, type, code, message, param: null, retryAfterSeconds: null, details: {}, beside: {}, ...more };
}

/** A mistake in the request itself; the client must change it. */
export function refuseRequest(code: string, message: string, param: string | null = null): Refusal {
  return refuse(400, "invalid_request_error", code, message, { param });
}

export function renderRefusal(refusal: Refusal): string {
  const { message, type, param, code, details, beside } = refusal;
  return JSON.stringify({ error: { message, type, param, code, ...details }, ...beside });
}

/** The same refusal as the terminal event of a stream whose head has already been sent. */
export function renderFailedEvent(
  refusal: Refusal,
  responseId: string,
  createdAtSeconds: number,
  model: string,
): string {
  const { message, code, details, beside } = refusal;
  return JSON.stringify({
    type: "response.failed",
    sequence_number: 0,
    response: {
      id: responseId,
      object: "response",
      created_at: createdAtSeconds,
      status: "failed",
      error: { code, message, ...details, ...beside },
      incomplete_details: null,
      model,
      output: [],
      usage: null,
    },
  });
}

/** What a client gets that had output already: no terminal event, so that it keeps what it has and asks again. */
export function renderErrorEvent(code: string, message: string): string {
  return JSON.stringify({ type: "error", code, message, param: null });
}
