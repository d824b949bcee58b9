/** The engine's own API: everything as it is. */
import { type Refusal, renderFailedEvent } from "../protocol/refusal.ts";
import { renderData, renderEvent } from "../protocol/sse.ts";
import type { PulledBody, Turn } from "../router/turn.ts";
import type { Answer, Dialect, Head } from "./dialect.ts";

/** A comment would not do: the official client's idle timer only sees data. */
const BEAT = renderData('{"type":"keepalive"}');

export function speakResponses(turn: Turn): Dialect {
  return new ResponsesDialect(turn);
}

class ResponsesDialect implements Dialect {
  readonly beat = BEAT;
  readonly #turn: Turn;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  head(given: Head): Head {
    return given;
  }

  stream(events: PulledBody): PulledBody {
    return events;
  }

  answer({ status, headers, body }: Answer): ReturnType<Dialect["answer"]> {
    return { status, type: headers["content-type"] ?? "application/json", body };
  }

  lateRefusal(refusal: Refusal): Uint8Array {
    const { id, receivedAtMs, request } = this.#turn;
    const createdAtSeconds = Math.floor(receivedAtMs / 1_000);
    return renderEvent("response.failed", renderFailedEvent(refusal, `resp_${id}`, createdAtSeconds, request.model));
  }
}
