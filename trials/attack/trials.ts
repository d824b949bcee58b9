/** Whoever reaches the port, the command line or the home folder with bad intent. */
import type { Trial } from "../trial.ts";
import { bombsTrial } from "./bombs.ts";
import { homeFilesTrial, signInFilesTrial } from "./files.ts";
import { guessingTrial } from "./guessing.ts";
import { halfSentTrial } from "./half-sent.ts";
import { hostsTrial } from "./hosts.ts";
import { socketsTrial } from "./sockets.ts";
import { terminalTrial } from "./terminal.ts";
import { textFieldsTrial } from "./text-fields.ts";
import { wireTricksTrial } from "./wire-tricks.ts";

export const attackTrials: readonly Trial[] = [
  hostsTrial,
  wireTricksTrial,
  bombsTrial,
  textFieldsTrial,
  guessingTrial,
  halfSentTrial,
  socketsTrial,
  terminalTrial,
  homeFilesTrial,
  signInFilesTrial,
];
