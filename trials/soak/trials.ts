import type { Trial } from "../trial.ts";
export const soakTrials: readonly Trial[] = [];
