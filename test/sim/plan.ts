/** What a simulated world consists of, as plain data: everything that is decided before anything runs. */
import type { Routing } from "../../src/ports.ts";
import { DAY_MS, MINUTE_MS } from "./clock-units.ts";

export interface WindowPlan {
  readonly minutes: number;
  readonly usedPercent: number;
  readonly resetsInMs: number;
}

export interface AccountPlan {
  readonly name: string;
  readonly kind: "chatgpt" | "api-key";
  readonly plan: string;
  readonly primary: WindowPlan | null;
  readonly secondary: WindowPlan | null;
  readonly percentPerTurn: number;
  readonly hasCredits: boolean;
  readonly turnsPerMinute: number | null;
  /** Name of an account whose workspace this one is another seat of. */
  readonly seatOf: string | null;
  /** Whether the account is saved twice, from two sign-ins. */
  readonly isTwin: boolean;
  readonly reservePercent: number;
  readonly hasOpaqueTokens: boolean;
}

/** How a client names its conversation; with `previous` it sends only what is new. */
export type Naming = "thread" | "cache-key" | "client-session" | "previous" | "nothing";

export interface SessionPlan {
  readonly name: string;
  readonly keyId: string;
  readonly model: string;
  readonly naming: Naming;
  readonly startsAtMs: number;
  readonly stream: boolean;
  /** How many sub-agents begin together with the second turn. */
  readonly subAgents: number;
  readonly turns: readonly TurnPlan[];
}

export interface TurnPlan {
  /** Pause of the person before it. */
  readonly thinkMs: number;
  readonly wants: "text" | "reasoning" | "tool";
  /** When the client leaves, after it has asked; null when it stays. */
  readonly leavesAfterMs: number | null;
  readonly readDelayMs: number;
}

export const MISFORTUNES = [
  "refusal",
  "bad-stream",
  "outage",
  "refresh-trouble",
  "usage-trouble",
  "burn",
  "lift",
  "expire-tokens",
  "end-logins",
  "deactivate",
  "close-workspace",
  "lose-model",
  "new-plan",
  "credits",
  "rate-limit",
  "restart",
  "kill-in-exchange",
  "deselect",
  "reserve",
  "routing",
  "pause-pool",
] as const;

export interface Misfortune {
  readonly kind: (typeof MISFORTUNES)[number];
  readonly atMs: number;
  /** Null for every account. */
  readonly account: string | null;
  /** How long what lasts, lasts. */
  readonly lastsMs: number;
  /** How often what is counted, happens. */
  readonly times: number;
  readonly fault: string;
  readonly afterEvent: number;
  /** 0 to 1, for whatever needs a figure. */
  readonly amount: number;
}

export interface WorldPlan {
  readonly seed: number;
  readonly routing: Routing;
  readonly lastsMs: number;
  readonly accessTokenTtlMs: number;
  readonly headDelayMs: number;
  readonly eventDelayMs: number;
  readonly splitBytesMax: number;
  readonly accounts: readonly AccountPlan[];
  readonly sessions: readonly SessionPlan[];
  readonly misfortunes: readonly Misfortune[];
}

export interface WorldSize {
  readonly lastsMs: number;
  readonly accountsMax: number;
  readonly sessionsMin: number;
  readonly sessionsMax: number;
  readonly turnsMax: number;
  readonly misfortunesMin: number;
  readonly misfortunesMax: number;
}

/** An hour or so in the life of a small pool. */
export const SMALL_WORLD: WorldSize = {
  lastsMs: 90 * MINUTE_MS,
  accountsMax: 4,
  sessionsMin: 1,
  sessionsMax: 5,
  turnsMax: 5,
  misfortunesMin: 0,
  misfortunesMax: 8,
};

/** Days of a busy person with helpers. */
export function worldOfDays(days: number): WorldSize {
  return {
    lastsMs: days * DAY_MS,
    accountsMax: 6,
    sessionsMin: Math.max(2, Math.round(days * 20)),
    sessionsMax: Math.max(4, Math.round(days * 40)),
    turnsMax: 12,
    misfortunesMin: Math.max(1, Math.round(days * 8)),
    misfortunesMax: Math.max(2, Math.round(days * 16)),
  };
}
