/**
 * How does somebody who may wait write while another process holds the file? By trying briefly, again and again: a call of
 * the store holds up every turn of this process for as long as it waits itself.
 */
import { LIMITS } from "../limits.ts";
import type { Clock, SettingsStore } from "../ports.ts";
import { storeErrorKindOf } from "../store/store-error.ts";
import { pause } from "./waiting.ts";

/** Most of the time is left to the others. */
const PAUSE_MS = 4 * LIMITS.gatherBusyMs;
/** Together as long as a single call would wait. */
const TRIES_MAX = Math.ceil(LIMITS.sqliteBusyMs / (LIMITS.gatherBusyMs + PAUSE_MS));

/** Rejects with what the store says: at once for all but a file that is held, after `sqliteBusyMs` for that. */
export async function writePatiently<Answer>(
  settings: Pick<SettingsStore, "briefly">,
  clock: Clock,
  write: () => Answer,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return settings.briefly(write);
    } catch (error) {
      if (storeErrorKindOf(error) !== "locked" || tries >= TRIES_MAX) throw error;
    }
    await pause(clock, PAUSE_MS);
  }
}
