/**
 * Which way in, HTTP or a socket? Guards the second as the first is guarded, and knows the sockets that are open, so that
 * they can be told when the service ends.
 */
import { LIMITS } from "../limits.ts";
import { refuse } from "../protocol/refusal.ts";
import { requireKey } from "./auth.ts";
import type { Door, Upgrade } from "./listen.ts";
import { refuseForeign } from "./local-only.ts";
import { respondRefusal } from "./respond.ts";
import { ResponsesSocket } from "./responses-socket.ts";
import type { Serving } from "./serving.ts";

/** The official client then goes on over HTTP at once, for the rest of its session. */
const UPGRADE_REQUIRED = 426;

function isSocketRequest(request: Request): boolean {
  if (request.method !== "GET" || request.headers.get("upgrade")?.toLowerCase() !== "websocket") return false;
  // A request may name a host that no URL can have.
  return URL.parse(request.url)?.pathname === "/v1/responses";
}

/** The bearer's key; null when there is none. Never taken from the URL. */
function keyOf(head: Headers): string | null {
  return /^Bearer +(\S+)$/i.exec(head.get("authorization") ?? "")?.[1] ?? null;
}

/** The answer to a request that should have been an upgrade. */
export function getNoSocket(serving: Serving, key: string | null): Response {
  const authorised = requireKey(serving.keys, key);
  return respondRefusal(authorised.kind === "refused" ? authorised.refusal : NOT_A_SOCKET);
}

/** `answer` is for everything that is no socket. */
export function openDoor(serving: Serving, answer: (request: Request) => Response | Promise<Response>): Door {
  const sockets = new Set<ResponsesSocket>();
  let isEnding = false;

  function openSocket(request: Request, upgrade: Upgrade): Response | undefined {
    const foreign = refuseForeign(request.headers);
    if (foreign !== null) return respondRefusal(foreign);
    const key = keyOf(request.headers);
    const authorised = requireKey(serving.keys, key);
    if (authorised.kind === "refused" || key === null) {
      return respondRefusal(authorised.kind === "refused" ? authorised.refusal : NOT_A_SOCKET);
    }
    if (isEnding || sockets.size >= LIMITS.socketsMax) return respondRefusal(NO_ROOM);
    const socket = new ResponsesSocket({
      serving,
      head: new Headers(request.headers),
      key,
      onClose: () => sockets.delete(socket),
    });
    if (!upgrade(socket)) return respondRefusal(NOT_A_SOCKET);
    sockets.add(socket);
    return undefined;
  }

  return {
    answer: (request, upgrade) => (isSocketRequest(request) ? openSocket(request, upgrade) : answer(request)),
    drain: () => {
      isEnding = true;
      for (const socket of sockets) socket.endService();
    },
  };
}

const NO_ROOM = refuse(
  UPGRADE_REQUIRED,
  "invalid_request_error",
  "too_many_connections",
  "No further WebSocket connection is taken now. Send the request with POST.",
);

const NOT_A_SOCKET = refuse(
  UPGRADE_REQUIRED,
  "invalid_request_error",
  "upgrade_required",
  "A GET here must be a WebSocket handshake. Send the request with POST.",
);
