/**
 * Who is to be told what, and when? Compares what each chat knows with how the pool stands, waits for the end of its quiet
 * hours, and counts as told only what has arrived.
 */
import { newsLine } from "../alerts/news-line.ts";
import { newsSince, readTold, type Told } from "../operations/pool-news.ts";
import type { ProfileView } from "../operations/profile-view.ts";
import type { RemoteChat } from "../ports.ts";
import { profileTag } from "./profile-tag.ts";
import { isQuiet } from "./quiet-hours.ts";
import { type Button, inPairs, type Reply, reply } from "./reply.ts";

export interface Moment {
  readonly nowMs: number;
  /** Of the local day. */
  readonly minuteOfDay: number;
  /** When this runtime started. */
  readonly startedAtMs: number;
  readonly version: string;
}

export interface Telling {
  /** Null when there is nothing to say now. */
  readonly reply: Reply | null;
  /** What the chat knows once it has arrived. */
  readonly told: Told;
}

/** A daemon that starts again and again is told of once in this time. */
const STARTS_APART_MS = 10 * 60_000;

function isNewStart(told: Told, moment: Moment): boolean {
  const last = told.started_at_ms;
  return last === null || moment.startedAtMs - last >= STARTS_APART_MS;
}

/** Null in quiet hours: what still holds at their end is told then. */
export function whatToTell(chat: RemoteChat, views: readonly ProfileView[], moment: Moment): Telling | null {
  if (isQuiet(chat.quiet, moment.minuteOfDay)) return null;
  const before = readTold(chat.told);
  const { news, told } = newsSince(before, views, moment.nowMs);
  const started = isNewStart(before, moment);
  const lines = [
    ...(started ? [`🔄 The daemon has started (version ${moment.version}).`] : []),
    ...news.map((entry) => newsLine(entry, moment.nowMs)),
  ];
  const known = { ...told, started_at_ms: started ? moment.startedAtMs : before.started_at_ms };
  if (lines.length === 0) return { reply: null, told: known };
  const signIns = news.flatMap((entry): Button[] => {
    if (entry.kind !== "sign-in-needed" || entry.closed) return [];
    return [{ text: `Sign in ${entry.profile}`, command: `/signin ${profileTag(entry.profile)}` }];
  });
  return { reply: reply(lines, [...inPairs(signIns), [{ text: "Status", command: "/status" }]]), told: known };
}
