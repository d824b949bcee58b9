/**
 * What is true of one upstream account, as plain data.
 *
 * Headroom, windows and cooldowns belong to the account, not to the profile: two sign-ins of one account share them.
 */

/** The limit that meters ordinary models; every other limit id meters only models of its own. */
export const MAIN_LIMIT = "codex";

/** One quota period of one limit, classified by its length and never by the slot it was reported in. */
export interface QuotaWindow {
  /** Limit id as upstream names it, `MAIN_LIMIT` for the ordinary one. */
  readonly limit: string;
  readonly minutes: number;
  /** 0–100. */
  readonly usedPercent: number;
  readonly resetsAtMs: number | null;
  readonly observedAtMs: number;
}

/** A reason not to use an account (or one model of it) before an instant. A hint, never a verdict. */
export interface Cooldown {
  /** Null for the whole account, else the upstream model id it is limited to. */
  readonly model: string | null;
  readonly reason: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whether upstream said when it ends, or we assumed it. */
  readonly untilSource: "upstream" | "assumed";
  /** How often it was set in a row without a success between: feeds the growing pause. */
  readonly strikes: number;
}

/** Money or credits beyond the windows: an account at 100 % may still serve with them. */
export interface Credits {
  readonly available: boolean;
  readonly unlimited: boolean;
  readonly observedAtMs: number;
}

export interface AccountState {
  readonly windows: readonly QuotaWindow[];
  readonly cooldowns: readonly Cooldown[];
  readonly credits: Credits | null;
  /** Tokens that move the longest window by one percent, measured; null until measured. */
  readonly tokensPerPercent: number | null;
}

export const UNKNOWN_ACCOUNT_STATE: AccountState = {
  windows: [],
  cooldowns: [],
  credits: null,
  tokensPerPercent: null,
};
