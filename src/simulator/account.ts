/**
 * Question: who is behind a token, and what may be changed about them while a test runs?
 * Owns the shapes of the two kinds of simulated account and their knobs.
 * Must not make them (`add-account.ts`) nor answer requests.
 */
import type { JsonObject } from "./content.ts";
import type { LoginTokens } from "./logins.ts";
import type { SimCredits, SimExtraLimit, SimQuota, SimWindow } from "./quota.ts";
import type { Script } from "./script.ts";

export const CHATGPT_STATES = ["ok", "deactivated", "login-invalidated", "workspace-deactivated"] as const;
export type ChatgptState = (typeof CHATGPT_STATES)[number];

/** A complete auth.json. Write it with JSON.stringify. */
export interface AuthJson extends JsonObject {
  auth_mode?: string;
  OPENAI_API_KEY: string | null;
}

interface AccountBasics {
  readonly name: string;
  readonly orgId: string;
  /** Rules for this account's calls. */
  readonly script: Script;
  /** Models this account may use. */
  models: string[];
  /** Short-term limit; null for none. Beyond it: 429 `rate_limit_exceeded`. */
  turnsPerMinute: number | null;
}

export interface SimChatgptAccount extends AccountBasics {
  readonly kind: "chatgpt";
  /** The workspace. Two seats share it. */
  readonly accountId: string;
  readonly userId: string;
  readonly email: string;
  plan: string;
  state: ChatgptState;
  readonly quota: SimQuota;
  /** How much of every window a turn uses, in percent. */
  percentPerTurn: number;
  /** How much of every window 1,000 tokens use, in percent. */
  percentPerThousandTokens: number;
  fedramp: boolean;
  /** Access tokens issued from now on carry no readable expiry. */
  opaqueTokens: boolean;
  /** The entries of accounts/check; null means the one right entry. */
  checkEntries: JsonObject[] | null;
  routing: { workspaceBackendOrigin: string; accountRoutingOverride: string };
  /** Replaces the answer of the usage endpoint, to let it disagree with the headers; null means consistent. */
  usageOverride: JsonObject | null;
  /** Signs in anew: a login with a refresh chain of its own. */
  login(): LoginTokens;
  /** Signs in anew and writes what Codex would write. Call it twice for two logins of one account. */
  authJson(): AuthJson;
  /** An auth.json with a personal access token instead. */
  personalAuthJson(): AuthJson;
  /** Sets how much of a window is used, in percent. */
  setUsed(percent: number, slot?: "primary" | "secondary"): void;
  /** Refuses all access tokens issued so far as expired; refresh tokens stay alive. */
  expireAccessTokens(): void;
  /** Ends all logins: access tokens are refused, refresh tokens too. */
  endLogins(): void;
  /** The refresh tokens a store must hold: the ends of the living chains. */
  currentRefreshTokens(): string[];
}

export interface SimApiKeyAccount extends AccountBasics {
  readonly kind: "api-key";
  readonly apiKey: string;
  state: "ok" | "invalid-key";
  authJson(): AuthJson;
}

export type SimAccount = SimChatgptAccount | SimApiKeyAccount;

export interface ChatgptAccountOptions {
  readonly name: string;
  readonly plan?: string;
  readonly email?: string;
  readonly accountId?: string;
  readonly userId?: string;
  readonly orgId?: string;
  readonly models?: readonly string[];
  /** The usual: five hours and a week, both empty. */
  readonly windows?: { primary: SimWindow | null; secondary: SimWindow | null };
  readonly credits?: SimCredits;
  readonly extraLimits?: readonly SimExtraLimit[];
  readonly percentPerTurn?: number;
  readonly percentPerThousandTokens?: number;
  readonly turnsPerMinute?: number | null;
  readonly fedramp?: boolean;
  readonly opaqueTokens?: boolean;
}

export interface ApiKeyAccountOptions {
  readonly name: string;
  readonly apiKey?: string;
  readonly orgId?: string;
  readonly models?: readonly string[];
  readonly turnsPerMinute?: number | null;
}
