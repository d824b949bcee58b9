/**
 * How does the desktop runtime serve its Settings page? Shell and assets are for everybody on this machine, for they hold
 * nothing; everything else is for browsers that came with a link. Owns the sessions, the events and the sign-in.
 */
import { LIMITS } from "../../limits.ts";
import { asOperationError } from "../../operations/explain-error.ts";
import type { Desk } from "../../operations/operation.ts";
import { spendPageToken } from "../../operations/page-link.ts";
import { openPageSignIns, type PageSignIns } from "../../operations/page-sign-in.ts";
import { daemonStore, openSnapshots } from "../../operations/page-snapshot.ts";
import type { PageSession } from "../../operations/page-wire.ts";
import { baseUrlOf } from "../../operations/runtime-address.ts";
import type { Emit } from "../../telemetry/events.ts";
import { reportBug } from "../internal-error.ts";
import { readBody } from "../read-body.ts";
import type { PageDoor } from "../serving.ts";
import { answerFile, answerJson, PAGE_HEAD, refusePage } from "./page-answers.ts";
import { openPageFeed, type PageFeed } from "./page-feed.ts";
import { openPageFiles, type PageFiles } from "./page-files.ts";
import { guardChange, guardReading } from "./page-guard.ts";
import { COOKIE_NAME, openPageSessions, type PageSessions } from "./page-sessions.ts";
import { runPageOperation } from "./run-page-operation.ts";

export interface PageOptions {
  /** Its presence of the desktop runtime is that of this process. */
  readonly desk: Desk;
  readonly version: string;
  readonly emit: Emit;
  readonly newId: (prefix: string) => string;
  /** Turns that run now. */
  readonly inFlight: () => number;
}

interface Room extends PageOptions {
  readonly sessions: PageSessions;
  readonly files: () => Promise<PageFiles>;
  readonly feed: PageFeed;
  readonly signIns: PageSignIns;
}

/** What moves when something has changed that the page shows. */
function markOf({ desk, inFlight }: PageOptions, signIns: PageSignIns): string {
  const signIn = signIns.current();
  const stores = [desk.settings(), desk.runtime("desktop"), daemonStore(desk)].map((store) => store?.version() ?? 0);
  return [...stores, inFlight(), signIn?.flow, signIn?.state].join(" ");
}

/** Null where a link is only looked at: by a browser that fetches ahead, or by whoever asks for the head alone. */
function tokenOf({ method, url, headers }: Request): string | null {
  const isLook = method !== "GET" || headers.get("sec-purpose") !== null;
  return isLook ? null : new URL(url).searchParams.get("token");
}

/** A browser that comes with a good link is let in, and goes on without the token in its address. */
async function getShell(room: Room, request: Request): Promise<Response> {
  const token = tokenOf(request);
  const { shell } = await room.files();
  if (token === null) return answerFile(shell);
  // A link that was opened twice is a mistake of nobody: who is in already goes on.
  const isIn = room.sessions.admit(request.headers);
  if (!spendPageToken(room.desk, token)) {
    return isIn ? redirect({}) : answerFile(shell, { status: 401 });
  }
  room.emit({ kind: "page-opened" });
  return redirect({ "set-cookie": `${COOKIE_NAME}=${room.sessions.begin()}; Path=/; HttpOnly; SameSite=Strict` });
}

function redirect(headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { status: 303, headers: { ...PAGE_HEAD, location: "/", ...headers } });
}

async function getAsset(room: Room, name: string): Promise<Response> {
  const file = (await room.files()).assets.get(name);
  if (file === undefined) return refusePage("not-found", "The page has no such file.");
  // Its name holds a hash of it.
  return answerFile(file, { headers: { "cache-control": "private, max-age=31536000, immutable" } });
}

async function getSession(room: Room, request: Request): Promise<Response> {
  const refused = guardReading(request.headers, room.sessions);
  if (refused !== null) return refused;
  const { port } = await room.desk.presence("desktop", null);
  const session: PageSession = { runtime: "desktop", version: room.version, base_url: baseUrlOf(port) };
  return answerJson(session);
}

function getEvents(room: Room, request: Request): Response {
  const refused = guardReading(request.headers, room.sessions);
  if (refused !== null) return refused;
  const events = room.feed.listen(() => room.sessions.admit(request.headers));
  if (events === null) {
    return refusePage("conflict", "The page is open too often.", "Close one of its tabs.");
  }
  return new Response(events, { headers: { ...PAGE_HEAD, "content-type": "text/event-stream; charset=utf-8" } });
}

function parseInput(text: string): { readonly input: unknown } | null {
  try {
    return { input: JSON.parse(text) };
  } catch {
    return null;
  }
}

async function postOperation(room: Room, request: Request, name: string): Promise<Response> {
  const refused = guardChange(request.headers, room.sessions);
  if (refused !== null) return refused;
  const arriving = { request, head: request.headers.toJSON() };
  const body = await readBody(arriving, {
    bytesMax: LIMITS.pageBodyBytesMax,
    timeMs: LIMITS.bodyReadMs,
    clock: room.desk.clock,
  });
  if (body.kind === "refused") return refusePage("usage", body.refusal.message);
  const parsed = parseInput(body.text);
  if (parsed === null) return refusePage("usage", "The request body is not JSON.");
  try {
    const result = await runPageOperation(room.desk, room.signIns, name, parsed.input);
    room.feed.hurry();
    return answerJson({ result });
  } catch (error) {
    const expected = asOperationError(error);
    if (expected === null) return refusePage("internal", reportBug(room, error).message);
    return refusePage(expected.reason, expected.message, expected.hint);
  }
}

export function openPage(options: PageOptions): PageDoor {
  const onBug = (error: unknown): string => reportBug(options, error).message;
  const { desk, newId } = options;
  const { clock } = desk;
  const signIns = openPageSignIns({ desk, newId, onBug });
  const read = openSnapshots(desk, signIns.current);
  const feed = openPageFeed({ clock, mark: () => markOf(options, signIns), read, onBug });
  const room: Room = { ...options, sessions: openPageSessions(clock), files: openPageFiles(), feed, signIns };
  return {
    getShell: (request) => getShell(room, request),
    getAsset: (name) => getAsset(room, name),
    getSession: (request) => getSession(room, request),
    getEvents: (request) => getEvents(room, request),
    postOperation: (request, name) => postOperation(room, request, name),
    stop: async () => {
      feed.stop();
      await signIns.stop();
    },
  };
}
