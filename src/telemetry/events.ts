/** What happened? A closed set of facts; log lines, the page, alerts and metrics are readings of it. No secret fits in. */
import type { TurnRecord } from "../router/rules/turn-record.ts";

export type TelemetryEvent =
  | { readonly kind: "runtime-started"; readonly runtime: string; readonly port: number; readonly version: string }
  | { readonly kind: "runtime-stopping"; readonly runtime: string; readonly reason: string }
  | { readonly kind: "turn-settled"; readonly turn: TurnRecord }
  | {
      readonly kind: "session-moved";
      readonly sessionId: string;
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    }
  | {
      readonly kind: "account-paused";
      readonly profile: string;
      readonly reason: string;
      readonly untilMs: number;
      readonly model: string | null;
    }
  | { readonly kind: "account-back"; readonly profile: string }
  | { readonly kind: "sign-in-needed"; readonly profile: string; readonly reason: string }
  /** More wrong keys came than are looked into: a client with an old key, or somebody who guesses. */
  | { readonly kind: "wrong-keys"; readonly count: number }
  /** What became of the remote control. `text` holds no token. */
  | { readonly kind: "remote-control"; readonly level: "info" | "warn"; readonly text: string }
  /** A bug of ours: `id` is what the client was told, the text goes to the log only. */
  | { readonly kind: "internal-error"; readonly id: string; readonly text: string };

export type Emit = (event: TelemetryEvent) => void;
