/** What the rules know of one profile, and what one turn needs. Plain data, so that a choice can be replayed. */
import type { AccountState } from "./account-state.ts";

export interface Candidate {
  readonly profileId: string;
  readonly name: string;
  readonly kind: "chatgpt" | "api-key";
  /** Two profiles of one account have the same key and count as one. */
  readonly accountKey: string;
  readonly workspaceId: string | null;
  readonly plan: string | null;
  readonly selected: boolean;
  readonly signInNeeded: { readonly reason: string; readonly sinceMs: number } | null;
  readonly reservePercent: number;
  readonly state: AccountState;
  /** Upstream model ids its account offers; null while its catalogue is not known. */
  readonly models: ReadonlySet<string> | null;
  /** Turns of this process that run on the account now, over all its profiles. */
  readonly inFlight: number;
  /** Sessions lately active that are bound to the account. */
  readonly boundSessions: number;
}

export interface Needs {
  readonly upstreamModel: string;
  /** Whether the account's own list must have it; false for models that no list tells of. */
  readonly isListed: boolean;
  /** Which kinds of account can serve the route. */
  readonly kinds: readonly ("chatgpt" | "api-key")[];
  /** The profile the session lives on; null for a new session. */
  readonly boundProfileId: string | null;
  /** The profile whose account made what the conversation carries; asked first when it is usable. */
  readonly ownerProfileId: string | null;
  /** Profiles that are not to be asked again in this turn. */
  readonly tried: ReadonlySet<string>;
}
