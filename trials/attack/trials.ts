import type { Trial } from "../trial.ts";
export const attackTrials: readonly Trial[] = [];
