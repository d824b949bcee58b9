/** Inputs that nobody would send on purpose, by the hundred thousand. */
import type { Trial } from "../trial.ts";
import { fuzzTrial } from "./fuzz.ts";
import { BODIES_TARGET } from "./fuzz-bodies.ts";
import { CHAT_REQUESTS_TARGET, CHAT_STREAMS_TARGET } from "./fuzz-chats.ts";
import { EVENTS_TARGET } from "./fuzz-events.ts";
import { SIGN_INS_TARGET } from "./fuzz-sign-ins.ts";
import { wireTrial } from "./wire.ts";

export const FUZZ_TARGETS = [
  EVENTS_TARGET,
  BODIES_TARGET,
  SIGN_INS_TARGET,
  CHAT_REQUESTS_TARGET,
  CHAT_STREAMS_TARGET,
] as const;

export const fuzzTrials: readonly Trial[] = [...FUZZ_TARGETS.map(fuzzTrial), wireTrial];
