/**
 * What do the desktop runtime and its Settings page say to each other? Types only, and of nobody else: the browser's side
 * is built from them and from nothing else of ours. Times are RFC 3339 in UTC, shares of a hundred end in `percent`.
 *
 * The page's own files begin at `src/page/index.html`. What that names is bundled and served under `/assets/`; the page is
 * served at `/`. Neither may need inline script or style, nor another host.
 *
 * - `GET  /operations/session` → `PageSession`, or 401 with a `PageError` of reason `no-session`
 * - `POST /operations/<name>` with the input as JSON → `PageAnswer<Result>`, or a `PageError`
 * - `GET  /operations/events` → Server-Sent Events; each `snapshot` event is one whole `PageSnapshot`. An event `stopping`
 *   says that the runtime ends.
 */

export type PageRuntime = "desktop" | "daemon";

/** Whom the page talks to. */
export interface PageSession {
  readonly runtime: PageRuntime;
  readonly version: string;
  /** What clients put before `/responses`. */
  readonly base_url: string;
}

/** Besides those of the command line: `no-session` has the page say how to get one, `forbidden` is for strangers. */
export type PageErrorReason =
  | "failed"
  | "usage"
  | "cancelled"
  | "not-running"
  | "sign-in-needed"
  | "not-found"
  | "conflict"
  | "no-session"
  | "forbidden"
  | "internal";

export interface PageError {
  readonly error: { readonly reason: PageErrorReason; readonly message: string; readonly hint: string | null };
}

export interface PageAnswer<Result> {
  readonly result: Result;
}

export type PageProfileState = "ready" | "busy" | "low" | "cooling" | "needs-sign-in" | "disabled" | "unknown";

export interface PageWindow {
  /** `codex` is the ordinary limit; others meter models of their own. */
  readonly limit: string;
  readonly minutes: number;
  readonly used_percent: number;
  readonly resets_at: string | null;
}

export interface PageProfile {
  readonly name: string;
  readonly selected: boolean;
  readonly kind: "chatgpt" | "api-key";
  readonly ownership: "owned" | "linked";
  readonly link_path: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  /** Two profiles with the same one share their headroom. */
  readonly account: string;
  readonly workspace: string | null;
  readonly duplicate_of: string | null;
  readonly other_seats: readonly string[];
  readonly state: PageProfileState;
  readonly state_reason: string | null;
  readonly headroom_percent: number | null;
  readonly windows: readonly PageWindow[];
  readonly usage: { readonly observed_at: string | null; readonly fresh: boolean };
  readonly cooldown: { readonly until: string | null; readonly reason: string } | null;
  readonly proxy: string | null;
  readonly reserve_percent: number;
  readonly in_flight: number | null;
}

export type PageRouting = "least-used" | "round-robin";

/** As `codexuse account-pool status --json` of the runtime that serves the page. */
export interface PagePool {
  readonly enabled: boolean;
  readonly runtime: PageRuntime;
  readonly running: boolean;
  readonly pid: number | null;
  readonly port: number;
  readonly base_url: string;
  readonly routing: PageRouting;
  readonly fast: boolean;
  /** Keys that work, sessions that are kept: how many of each. */
  readonly keys: number;
  readonly sessions: number;
  readonly models: readonly string[];
  readonly profiles: readonly PageProfile[];
  /** The first thing in the way of serving. */
  readonly hint: string | null;
}

/** How the other runtime of this home stands. */
export interface PageDaemon {
  readonly runtime: "daemon";
  readonly running: boolean;
  readonly pid: number | null;
  readonly port: number;
  readonly base_url: string;
  readonly version: string | null;
  readonly uptime_s: number | null;
  readonly keys: number;
  readonly sessions: number;
}

export interface PageRollover {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly at: string;
}

export interface PageSessionRow {
  readonly id: string;
  readonly profile: string | null;
  readonly model: string;
  readonly key: string;
  readonly key_name: string | null;
  readonly turns: number;
  readonly rollovers: number;
  readonly last_rollover: PageRollover | null;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly affinity: string;
}

/** A turn in one line. `account-pool.explain` with its `id` tells the rest of it. */
export interface PageTurn {
  readonly id: string;
  readonly session: string;
  readonly key: string;
  readonly model: string;
  readonly started_at: string;
  readonly ms: number;
  /** `done`, `incomplete`, `failed`, `cut`, `client-left` or `refused`. */
  readonly ended: string;
  readonly status: number;
  readonly profile: string | null;
  readonly attempts: number;
  /** Why this account, in words; null when nobody was chosen. */
  readonly why: string | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
}

export interface PageKey {
  readonly id: string;
  readonly name: string;
  readonly runtime: PageRuntime;
  readonly last4: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
}

export interface PageModel {
  readonly id: string;
  readonly kind: "base" | "alias" | "fast";
  readonly model: string;
  readonly effort: string | null;
  readonly fast: boolean;
  readonly exposed: boolean;
  readonly offered_by: readonly string[];
}

/** What was left of the windows at an instant; null for a window the account does not have. */
export interface PageHeadroomPoint {
  readonly at: string;
  readonly five_hour_percent: number | null;
  readonly weekly_percent: number | null;
}

/** One line an account, named after its oldest profile. Points are in order of time. */
export interface PageHeadroomLine {
  readonly profile: string;
  readonly account: string;
  readonly points: readonly PageHeadroomPoint[];
}

/** Turns of this runtime, hour by hour; hours without a turn are left out. Profiles go by the name they had then. */
export interface PageTurnsLine {
  readonly profile: string;
  readonly buckets: readonly { readonly at: string; readonly turns: number }[];
}

export interface PageHistory {
  readonly since: string;
  readonly headroom: readonly PageHeadroomLine[];
  readonly turns: readonly PageTurnsLine[];
}

export type PageSignInMode = "browser" | "device";

/** The sign-in that runs, or the last one. */
export interface PageSignIn {
  readonly flow: string;
  readonly mode: PageSignInMode;
  readonly name: string | null;
  readonly state: "waiting" | "done" | "failed" | "cancelled";
  /** Where the person has to go, in a browser of this machine (`browser`) or of any (`device`). */
  readonly url: string;
  readonly user_code: string | null;
  readonly expires_at: string | null;
  /** What came of it; null while it runs. */
  readonly message: string | null;
}

export interface PageSnapshot {
  readonly at: string;
  readonly pool: PagePool;
  readonly daemon: PageDaemon;
  /** Of the runtime that serves the page, last used first; bounded, `pool.sessions` counts them all. */
  readonly sessions: readonly PageSessionRow[];
  /** Likewise, newest first. */
  readonly turns: readonly PageTurn[];
  /** Of both runtimes. */
  readonly keys: readonly PageKey[];
  readonly models: readonly PageModel[];
  readonly history: PageHistory;
  readonly sign_in: PageSignIn | null;
}

export interface PageChange<State> {
  readonly changed: boolean;
  readonly before: State;
  readonly after: State;
  readonly untouched: string;
  readonly hint: string | null;
}

export interface PageSavedSignIn {
  readonly outcome: "added" | "updated" | "unchanged";
  readonly name: string;
  readonly email: string | null;
  readonly plan: string | null;
  readonly duplicate_of: string | null;
  readonly notes: readonly { readonly code: string; readonly text: string }[];
}

export type PageSavedFile = PageSavedSignIn & { readonly path: string };

/** A turn with all that is known of it. */
export interface PageTurnStory {
  readonly id: string;
  readonly session: string;
  readonly key: string;
  readonly model: string;
  readonly upstream_model: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly ended: string;
  readonly status: number;
  readonly profile: string | null;
  readonly attempts: readonly {
    readonly profile: string;
    readonly outcome: string;
    readonly reason: string;
    readonly words: string;
    readonly ms: number;
  }[];
  readonly considered: readonly {
    readonly profile: string;
    readonly verdict: string;
    readonly reason: string;
    readonly words: string;
  }[];
  readonly usage: {
    readonly input_tokens: number;
    readonly cached_tokens: number;
    readonly output_tokens: number;
  } | null;
}

type Nothing = Readonly<Record<string, never>>;

/** The operations by name, each with what goes in and what comes out. */
export interface PageOperations {
  "account-pool.status": { input: { runtime: PageRuntime; port: number | null }; result: PagePool };
  "account-pool.enable": { input: Nothing; result: PageChange<{ enabled: boolean }> };
  "account-pool.disable": { input: Nothing; result: PageChange<{ enabled: boolean }> };
  "account-pool.profiles.list": { input: Nothing; result: { profiles: readonly PageProfile[] } };
  "account-pool.profiles.add": {
    input: { profiles: string[] };
    result: PageChange<{ profiles: readonly string[] }>;
  };
  "account-pool.profiles.remove": {
    input: { profiles: string[] };
    result: PageChange<{ profiles: readonly string[] }>;
  };
  /** `null` only shows it. */
  "account-pool.routing": { input: { routing: PageRouting | null }; result: PageChange<{ routing: PageRouting }> };
  "account-pool.models.list": { input: Nothing; result: { models: readonly PageModel[]; hint: string | null } };
  "account-pool.models.expose": { input: { models: string[] }; result: PageChange<{ exposed: readonly string[] }> };
  "account-pool.models.hide": { input: { models: string[] }; result: PageChange<{ exposed: readonly string[] }> };
  "account-pool.models.refresh": {
    input: Nothing;
    result: {
      accounts: readonly { profile: string; outcome: "fetched" | "kept"; models: number; reason: string | null }[];
      models: number;
    };
  };
  "account-pool.aliases.list": {
    input: Nothing;
    result: { aliases: readonly { name: string; model: string; effort: string | null; fast: boolean }[] };
  };
  "account-pool.aliases.add": {
    input: { name: string; model: string; effort: string | null; fast: boolean };
    result: PageChange<{ aliases: readonly string[] }>;
  };
  "account-pool.aliases.remove": { input: { name: string }; result: PageChange<{ aliases: readonly string[] }> };
  /** `null` only shows it. */
  "account-pool.fast": { input: { fast: boolean | null }; result: PageChange<{ fast: boolean }> };
  /** The key is in this answer and nowhere else, ever. */
  "account-pool.keys.create": {
    input: { runtime: PageRuntime; name: string | null };
    result: { id: string; name: string; runtime: PageRuntime; key: string; base_url: string };
  };
  "account-pool.keys.list": { input: { runtime: PageRuntime }; result: { keys: readonly PageKey[] } };
  "account-pool.keys.revoke": {
    input: { runtime: PageRuntime; id: string };
    result: {
      changed: boolean;
      id: string;
      name: string;
      runtime: PageRuntime;
      revoked_at: string;
      untouched: string;
    };
  };
  "account-pool.sessions.list": { input: { runtime: PageRuntime }; result: { sessions: readonly PageSessionRow[] } };
  "account-pool.sessions.show": {
    input: { runtime: PageRuntime; id: string };
    result: { session: PageSessionRow; last_turn: PageTurnStory | null };
  };
  "account-pool.sessions.end": {
    input: { runtime: PageRuntime; id: string };
    result: { changed: boolean; id: string; runtime: PageRuntime; untouched: string };
  };
  /** `id` is of a turn, or of a session, whose last turn is meant. */
  "account-pool.explain": { input: { runtime: PageRuntime; id: string }; result: { turn: PageTurnStory } };
  "profile.list": { input: Nothing; result: { profiles: readonly PageProfile[] } };
  /** `path` is on the machine of the runtime. */
  "profile.import": {
    input: { path: string; name: string | null };
    result: {
      profiles: readonly PageSavedFile[];
      refused: readonly { path: string; code: string; reason: string; hint: string }[];
      untouched: string;
      hint: string | null;
    };
  };
  "profile.link": {
    input: { path: string; name: string | null };
    result: { profile: PageSavedFile; untouched: string; hint: string | null };
  };
  /** With a key or a token only: whoever signs in with a browser or a code takes `sign-in`. */
  "profile.add": {
    input: {
      name: string;
      proxy: string | null;
      method: "api-key" | "access-token";
      secret: string;
      timeout_s: null;
    };
    result: { profile: PageSavedSignIn; untouched: string; hint: string | null };
  };
  "profile.refresh": {
    input: { name: string; method: "api-key" | "access-token"; secret: string; timeout_s: null };
    result: { profile: PageSavedSignIn; untouched: string };
  };
  "profile.rename": { input: { name: string; new_name: string }; result: PageChange<{ name: string }> };
  "profile.remove": {
    input: { name: string; revoke?: boolean };
    result: {
      changed: boolean;
      name: string;
      revoked: boolean;
      also_signed_out: readonly string[];
      untouched: string;
    };
  };
  "profile.reserve": {
    input: { name: string; percent: number };
    result: PageChange<{ name: string; reserve_percent: number }>;
  };
  /** `null` removes it. */
  "profile.proxy": {
    input: { name: string; proxy: string | null };
    result: PageChange<{ name: string; proxy: string | null }>;
  };
  /**
   * Begins a sign-in; what comes of it is in the snapshots. The name of a profile that is there signs in again in place;
   * null lets the account's e-mail address name the profile. One at a time: `conflict` while another one waits.
   */
  "sign-in": {
    input: { mode: PageSignInMode; name?: string | null };
    result: { flow: string; url: string; user_code: string | null };
  };
  /** `not-found` when it is not the one that runs. */
  "cancel-sign-in": { input: { flow: string }; result: { flow: string; state: PageSignIn["state"] } };
}

export type PageOperationName = keyof PageOperations;
