/** What a client's configuration is to say, and what came of writing it in. Types only. */

/** Where the client finds the pool. The key itself never goes into a file of another program. */
export interface PoolAddress {
  readonly baseUrl: string;
  /** Names the variable that holds the key. */
  readonly keyVariable: string;
  /** Published names, for clients that want them listed. */
  readonly models: readonly string[];
}

export type ClientEdit =
  | { readonly kind: "edited"; readonly text: string }
  /** Nothing was done: `reason` says why, and what to add by hand is in `lines`. */
  | { readonly kind: "refused"; readonly reason: string; readonly lines: string };

export const SETUP_CLIENTS = ["codex", "opencode"] as const;
export type SetupClient = (typeof SETUP_CLIENTS)[number];

/** How one client's file is edited. Pure. */
export interface ClientEditor {
  /** `text` null for a file that is not there. It must not have our part in it. */
  add(text: string | null, pool: PoolAddress): ClientEdit;
  /** The text without our part, every other byte as it is; null when our part cannot be told from the rest. */
  remove(text: string): string | null;
}
