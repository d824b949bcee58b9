/** Much at once: what stays bounded, and who gets what. */
import type { Trial } from "../trial.ts";
import { abortsTrial } from "./aborts.ts";
import { abortsInsideTrial } from "./aborts-inside.ts";
import { burstTrial } from "./burst.ts";
import { largeBodiesTrial, largeEventsTrial } from "./large.ts";
import { openStreamsTrial } from "./open-streams.ts";
import { slowReaderTrial } from "./slow-reader.ts";

export const loadTrials: readonly Trial[] = [
  openStreamsTrial,
  abortsTrial,
  abortsInsideTrial,
  slowReaderTrial,
  largeEventsTrial,
  largeBodiesTrial,
  burstTrial,
];
