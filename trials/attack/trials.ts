/** Whoever reaches the port, the command line or the home folder with bad intent. */
import type { Trial } from "../trial.ts";
import { bombsTrial } from "./bombs.ts";
import { guessingTrial } from "./guessing.ts";
import { hostsTrial } from "./hosts.ts";
import { wireTricksTrial } from "./wire-tricks.ts";

export const attackTrials: readonly Trial[] = [hostsTrial, wireTricksTrial, bombsTrial, guessingTrial];
