/** What happened? A closed set of facts; log lines, the page, alerts and metrics are readings of it. No secret fits in. */
import type { TurnRecord } from "../router/rules/turn-record.ts";

export const REFRESH_OUTCOMES = ["renewed", "sign-in-needed", "unavailable"] as const;
/** `unavailable`: not now; it is tried again. */
export type RefreshOutcomeWord = (typeof REFRESH_OUTCOMES)[number];

export type TelemetryEvent =
  | { readonly kind: "runtime-started"; readonly runtime: string; readonly port: number; readonly version: string }
  | { readonly kind: "runtime-stopping"; readonly runtime: string; readonly reason: string }
  | {
      readonly kind: "turn-settled";
      readonly turn: TurnRecord;
      /** From its arrival to the first output of a stream that was served; null for all others. */
      readonly firstOutputMs: number | null;
    }
  | {
      readonly kind: "session-moved";
      readonly turnId: string | null;
      readonly sessionId: string;
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    }
  | {
      readonly kind: "account-paused";
      /** The turn that ran into it. */
      readonly turnId: string | null;
      readonly profile: string;
      readonly reason: string;
      readonly untilMs: number;
      readonly model: string | null;
    }
  | { readonly kind: "account-back"; readonly turnId: string | null; readonly profile: string }
  | {
      readonly kind: "sign-in-needed";
      readonly turnId: string | null;
      readonly profile: string;
      readonly reason: string;
    }
  /** A refresh of a sign-in has come to its end; `reason` is of our own closed set. */
  | {
      readonly kind: "sign-in-refreshed";
      readonly profile: string;
      readonly outcome: RefreshOutcomeWord;
      readonly reason: string | null;
    }
  /** A browser was let in to the Settings page. */
  | { readonly kind: "page-opened" }
  /** More wrong keys came than are looked into: a client with an old key, or somebody who guesses. */
  | { readonly kind: "wrong-keys"; readonly count: number }
  /** What became of the remote control. `text` holds no token. */
  | { readonly kind: "remote-control"; readonly level: "info" | "warn"; readonly text: string }
  /** What became of the notifications of the system. */
  | { readonly kind: "alerts"; readonly level: "info" | "warn"; readonly text: string }
  /** A bug of ours: `id` is what the client was told, the text goes to the log only. */
  | { readonly kind: "internal-error"; readonly id: string; readonly turnId: string | null; readonly text: string };

export type Emit = (event: TelemetryEvent) => void;
