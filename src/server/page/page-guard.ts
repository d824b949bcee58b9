/**
 * May this request work on the pool? Host and Origin have been looked at before (`local-only.ts`); here a browser has to
 * have been let in, and to mean it: a cookie alone says nothing, because other servers of this machine share it.
 */

import { refuseNoSession, refusePage } from "./page-answers.ts";
import type { PageSessions } from "./page-sessions.ts";

/** Browsers say where a request comes from; other programs do not. */
function isFromElsewhere(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  return site !== null && site !== "same-origin";
}

function refuseStranger(): Response {
  return refusePage("forbidden", "Only the Settings page itself may ask this.", "Open it with: codexuse desktop");
}

/** For what only reads. Null when it may go on. */
export function guardReading(headers: Headers, sessions: PageSessions): Response | null {
  if (isFromElsewhere(headers)) return refuseStranger();
  return sessions.admit(headers) ? null : refuseNoSession();
}

/** For what changes something: an Origin is a must, and that it is ours has been checked by then. */
export function guardChange(headers: Headers, sessions: PageSessions): Response | null {
  if (headers.get("origin") === null) return refuseStranger();
  return guardReading(headers, sessions);
}
