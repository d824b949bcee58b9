/** What breaks around the pool: stores, upstream, the process itself, the disk, the clock. */
import type { Trial } from "../trial.ts";
import { clockJumpsTrial } from "./clock-jumps.ts";
import { databaseTrials } from "./databases.ts";
import { diskTrials } from "./disk.ts";
import { killsTrial } from "./kills.ts";
import { nthCallTrials } from "./nth-call.ts";
import { offlineTrials } from "./offline.ts";

export const faultTrials: readonly Trial[] = [
  ...nthCallTrials,
  killsTrial,
  ...diskTrials,
  ...databaseTrials,
  clockJumpsTrial,
  ...offlineTrials,
];
