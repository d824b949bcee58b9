/** What breaks around the pool: stores, upstream, the process itself, the disk, the clock. */
import type { Trial } from "../trial.ts";
import { nthCallTrials } from "./nth-call.ts";

export const faultTrials: readonly Trial[] = [...nthCallTrials];
