/**
 * Who hears the browser come back?
 *
 * Owns a small server on this machine's own address for as long as a sign-in takes: `/auth/callback`, `/success`,
 * `/cancel`. It answers only to this machine's name, and must not decide whether a sign-in counts. The one place outside
 * the server room that listens, because upstream sends browsers to fixed ports that are not ours otherwise.
 */
import { CALLBACK_PATH } from "./authorize-url.ts";
import {
  CANCELLED_PAGE,
  MISMATCH_PAGE,
  renderSignInPage,
  type SignInPage,
  SUCCESS_PAGE,
  UNKNOWN_PAGE,
} from "./sign-in-page.ts";

export type CallbackReply =
  | { readonly kind: "success" }
  | { readonly kind: "state-mismatch" }
  | { readonly kind: "failed"; readonly page: SignInPage };

export interface CallbackHandlers {
  /** Rejections become a page that says nothing but that it failed. */
  onCallback(query: URLSearchParams): Promise<CallbackReply>;
  /** Another sign-in on this machine wants the port, or the person has had enough. */
  onCancel(): void;
}

export interface CallbackListener {
  readonly port: number;
  /** Resolves when a browser has been shown the last page; never when none asks for it. */
  readonly farewell: Promise<void>;
  /** The port is free when this resolves. */
  stop(): Promise<void>;
}

/** Listens on the first free one of the ports; null when all are taken. Throws what else keeps it from listening. */
export function listenForCallback(ports: readonly number[], handlers: CallbackHandlers): CallbackListener | null {
  const farewell = Promise.withResolvers<void>();
  const answer = (request: Request): Promise<Response> => answerCallback(request, handlers, farewell.resolve);
  for (const port of ports) {
    const server = listenOn(port, answer);
    if (server === null) continue;
    return {
      port: server.port ?? port,
      farewell: farewell.promise,
      stop: () => stopServer(server),
    };
  }
  return null;
}

function listenOn(port: number, answer: (request: Request) => Promise<Response>): Bun.Server<undefined> | null {
  try {
    return Bun.serve({
      hostname: "127.0.0.1",
      port,
      fetch: answer,
      reusePort: false,
      // The exchange behind a callback may take half a minute.
      idleTimeout: 0,
      development: false,
      maxRequestBodySize: 1024,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return null;
    throw error;
  }
}

/** An answer that is on its way may arrive; a browser that does not take it holds nobody up. */
const STOP_MS = 1_000;

async function stopServer(server: Bun.Server<undefined>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, STOP_MS);
  await Promise.race([server.stop(false), late.promise]);
  clearTimeout(timer);
  await server.stop(true);
}

const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i;

async function answerCallback(request: Request, handlers: CallbackHandlers, onFarewell: () => void): Promise<Response> {
  // A foreign name that was bent to point here must not be served. Asked first: its address may not even be one.
  if (!OWN_HOST.test(request.headers.get("host") ?? "")) return page(403, UNKNOWN_PAGE);
  const url = new URL(request.url);
  if (request.method !== "GET") return page(405, UNKNOWN_PAGE);
  switch (url.pathname) {
    case CALLBACK_PATH:
      return replyPage(await handlers.onCallback(url.searchParams));
    case "/success":
      onFarewell();
      return page(200, SUCCESS_PAGE);
    case "/cancel":
      // A page elsewhere may point an image here; a program or the person has no such header.
      if (request.headers.get("sec-fetch-site") === "cross-site") return page(403, UNKNOWN_PAGE);
      handlers.onCancel();
      return page(200, CANCELLED_PAGE);
    default:
      return page(404, UNKNOWN_PAGE);
  }
}

function replyPage(reply: CallbackReply): Response {
  switch (reply.kind) {
    case "success":
      return new Response(null, { status: 302, headers: { ...HEADERS, location: "/success" } });
    case "state-mismatch":
      return page(400, MISMATCH_PAGE);
    case "failed":
      return page(400, reply.page);
  }
}

/** The address in the bar holds a code: it is neither kept nor passed on. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  connection: "close",
};

function page(status: number, content: SignInPage): Response {
  const headers = { ...HEADERS, "content-type": "text/html; charset=utf-8" };
  return new Response(renderSignInPage(content), { status, headers });
}
