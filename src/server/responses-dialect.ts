/** The engine's own API: everything as it is. */
import { renderFailedEvent } from "../protocol/refusal.ts";
import { renderData, renderEvent } from "../protocol/sse.ts";
import type { Turn } from "../router/turn.ts";
import type { Dialect } from "./dialect.ts";

/** A comment would not do: the official client's idle timer only sees data. */
const BEAT = renderData('{"type":"keepalive"}');

export function speakResponses(turn: Turn): Dialect {
  return {
    beat: BEAT,
    head: (given) => given,
    stream: (events) => events,
    answer: ({ status, headers, body }) => ({ status, type: headers["content-type"] ?? "application/json", body }),
    lateRefusal: (refusal) => {
      const createdAtSeconds = Math.floor(turn.receivedAtMs / 1_000);
      const text = renderFailedEvent(refusal, `resp_${turn.id}`, createdAtSeconds, turn.request.model);
      return renderEvent("response.failed", text);
    },
  };
}
