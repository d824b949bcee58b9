import type { Trial } from "../trial.ts";
export const faultTrials: readonly Trial[] = [];
