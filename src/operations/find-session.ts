/** Finds a session by its id, or says where it might be. */
import type { Runtime, SessionRecord } from "../ports.ts";
import { nearMissOf } from "./near-miss.ts";
import { type Desk, OperationError } from "./operation.ts";

/** Throws `not-found`. */
export function findSession(desk: Desk, runtime: Runtime, id: string): SessionRecord {
  const found = desk.runtime(runtime).session(id);
  if (found !== null) return found;
  throw new OperationError("not-found", `The ${runtime} runtime has no session "${id}".`, hintFor(desk, runtime, id));
}

function hintFor(desk: Desk, runtime: Runtime, id: string): string {
  const other: Runtime = runtime === "desktop" ? "daemon" : "desktop";
  if (desk.runtime(other).session(id) !== null)
    return `It is a session of the ${other} runtime: add --runtime=${other}`;
  const ids = desk
    .runtime(runtime)
    .sessions()
    .map((session) => session.id);
  const meant = nearMissOf(id, ids);
  if (meant !== null) return `Did you mean ${meant}?`;
  return `See the sessions: codexuse account-pool sessions list --runtime=${runtime}`;
}
