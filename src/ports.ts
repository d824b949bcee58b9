/**
 * The doors between rooms, as interfaces: what the engine, the server and the commands need from stores, accounts
 * and the wire. `app/` plugs the real ones in; a simulated world plugs in others.
 */
import type { HeaderFields } from "./protocol/header-fields.ts";
import type { AccountState, Cooldown, Credits, QuotaWindow } from "./router/rules/account-state.ts";
import type { TransportFault } from "./router/rules/failure.ts";
import type { TurnRecord } from "./router/rules/turn-record.ts";

/** Time as the product sees it. Milliseconds since the epoch; a virtual clock stands in for it in simulations. */
export interface Clock {
  now(): number;
  /** Runs `task` once after `delayMs`; the answer cancels it. Never keeps the process alive by itself. */
  after(delayMs: number, task: () => void): () => void;
}

/** Chance as the product sees it: a number in [0, 1). */
export type Rng = () => number;

/** Variables of the environment, as a process is given them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const RUNTIMES = ["desktop", "daemon"] as const;
/** A process that serves; it owns its keys and live sessions. */
export type Runtime = (typeof RUNTIMES)[number];

export const ROUTINGS = ["least-used", "round-robin"] as const;
export type Routing = (typeof ROUTINGS)[number];

/** Whether a sign-in still works; `needed` stays until the owner signs in again. */
export type SignIn =
  | { readonly state: "ok" }
  | { readonly state: "needed"; readonly reason: string; readonly sinceMs: number };

/** One saved sign-in, without its secrets. */
export interface ProfileRecord {
  readonly id: string;
  readonly name: string;
  readonly kind: "chatgpt" | "api-key";
  /** `owned`: we refresh it. `linked`: another program's auth.json, only read (`linkPath`). */
  readonly ownership: "owned" | "linked";
  readonly linkPath: string | null;
  /** Identity of the account behind it: headroom and cooldowns hang on this. */
  readonly accountKey: string;
  /** Upstream's `account_id`, which names a workspace; null for API keys. */
  readonly workspaceId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly fedramp: boolean;
  readonly selected: boolean;
  /** Headroom kept out of the pool, 0–100. */
  readonly reservePercent: number;
  /** Where every call of this profile goes through, with its password; null for the environment's. Never to be shown as it is. */
  readonly proxyUrl: string | null;
  readonly signIn: SignIn;
  readonly createdAtMs: number;
}

/** The secret half of a profile. Never leaves `store`, `accounts` and `upstream`. */
export type Credential =
  | {
      readonly kind: "chatgpt";
      readonly accessToken: string;
      /** Null for personal access tokens and for logins that cannot be refreshed. */
      readonly refreshToken: string | null;
      readonly idToken: string | null;
      /** Of the access token; null when it cannot be read from it. */
      readonly expiresAtMs: number | null;
      readonly lastRefreshAtMs: number | null;
    }
  | { readonly kind: "api-key"; readonly apiKey: string };

export interface StoredCredential {
  readonly credential: Credential;
  /** Grows by one with every write: the compare-and-set of a refresh. */
  readonly generation: number;
  /** Set before a refresh token is sent and cleared with the new pair: a trace left by a crash in between. */
  readonly refreshStartedAtMs: number | null;
}

export interface PoolSettings {
  readonly enabled: boolean;
  readonly routing: Routing;
  readonly fast: boolean;
}

/** A public name of the owner's own: base model, effort and speed behind it. */
export interface AliasRecord {
  readonly name: string;
  readonly model: string;
  readonly effort: string | null;
  readonly fast: boolean;
}

/** One account's own list of models as upstream gave it last; `models` holds upstream's entries unchanged. */
export interface CatalogueRecord {
  readonly accountKey: string;
  readonly etag: string | null;
  readonly models: readonly Record<string, unknown>[];
  readonly fetchedAtMs: number;
}

/** What was left of an account's windows at an instant, 0–100; null for a window it does not have. */
export interface HeadroomSample {
  readonly accountKey: string;
  readonly atMs: number;
  readonly fiveHourPercent: number | null;
  readonly weeklyPercent: number | null;
}

/** What was observed of an account; null for what was not seen. */
export interface AccountFacts {
  readonly accountKey: string;
  readonly windows: readonly QuotaWindow[];
  readonly credits: Credits | null;
  readonly tokensPerPercent: number | null;
}

/** `settings.sqlite`: shared by every runtime and the command line. All calls are synchronous and durable on return. */
export interface SettingsStore {
  /**
   * Changes whenever any process, this one included, has written: the key of every cache over this store. Taken before what
   * is cached is read, so that what changes in between is read again.
   */
  version(): number;
  /**
   * The same without what this process itself has learned of accounts (windows, credits, capacity, cooldowns), which may
   * change with every turn: the key of caches that hold none of that.
   */
  shapeVersion(): number;
  /** What is wrong with the file itself, a line each; empty for a sound one. Reads all of it. */
  damage(): readonly string[];
  /**
   * Runs what can be tried again: where another process holds the file, it throws after a tenth of a second instead of
   * holding everything up for as long as it may take.
   */
  briefly<Answer>(work: () => Answer): Answer;

  pool(): PoolSettings;
  updatePool(change: Partial<PoolSettings>): void;

  profiles(): readonly ProfileRecord[];
  /** Case-insensitive. */
  profileNamed(name: string): ProfileRecord | null;
  /** Answers false when the name is taken; nothing is written then. */
  addProfile(profile: ProfileRecord, credential: Credential): boolean;
  updateProfile(id: string, change: Partial<Omit<ProfileRecord, "id" | "kind" | "createdAtMs">>): boolean;
  removeProfile(id: string): void;

  credential(profileId: string): StoredCredential | null;
  /** That of the stored credential, also when the credential itself cannot be opened. */
  generation(profileId: string): number | null;
  /**
   * Writes the new pair with a full sync before it answers. False, and nothing written, when `expectedGeneration` is
   * no longer the stored one. Clears `refreshStartedAtMs` and sets the profile's sign-in to ok.
   */
  writeCredential(profileId: string, credential: Credential, expectedGeneration: number): boolean;
  /** Notes that the refresh token of this generation is about to be spent. False when the generation has moved on. */
  markRefreshStarted(profileId: string, expectedGeneration: number, atMs: number): boolean;

  accountState(accountKey: string): AccountState;
  /** The later observation of a (limit, minutes) wins. */
  mergeWindows(accountKey: string, windows: readonly QuotaWindow[]): void;
  writeCredits(accountKey: string, credits: Credits): void;
  writeTokensPerPercent(accountKey: string, tokensPerPercent: number): void;
  /** The same three for any number of accounts, in one transaction. */
  writeFacts(facts: readonly AccountFacts[]): void;
  /** One cooldown for each (account, model): the new one replaces the old. */
  setCooldown(accountKey: string, cooldown: Cooldown): void;
  /** `model` null clears the account-wide one; `"all"` clears every cooldown of the account. */
  clearCooldown(accountKey: string, model: string | null | "all"): void;

  /** False, and nothing written, when there is one within `gapMs` before it already. */
  addHeadroomSample(sample: HeadroomSample, gapMs: number): boolean;
  latestHeadroomSample(accountKey: string, nowMs: number): HeadroomSample | null;
  /** Oldest first. */
  headroomSamples(accountKey: string, sinceMs: number): readonly HeadroomSample[];
  /** Drops samples older than `beforeMs`, then the oldest until `countMax` are left. Answers how many. */
  pruneHeadroomSamples(beforeMs: number, countMax: number): number;

  catalogue(accountKey: string): CatalogueRecord | null;
  writeCatalogue(catalogue: CatalogueRecord): void;
  hiddenModels(): readonly string[];
  setModelHidden(model: string, hidden: boolean): void;
  aliases(): readonly AliasRecord[];
  addAlias(alias: AliasRecord): boolean;
  removeAlias(name: string): boolean;

  /** Takes a named lease until `untilMs` unless somebody else holds it unexpired. Re-taking one's own extends it. */
  takeLease(name: string, holder: string, nowMs: number, untilMs: number): boolean;
  leaseHolder(name: string, nowMs: number): string | null;
  releaseLease(name: string, holder: string): void;
  /** Free-form instants shared by processes, such as when the last token exchange ended. */
  instant(name: string): number | null;
  setInstant(name: string, atMs: number): void;

  /** Runs `work` while nobody else can write a secret; what it does is on the disk when this answers, or undone when it throws. */
  holdKeys<Answer>(work: (vault: KeyVault) => Answer): Answer;

  close(): void;
}

/** The master key as the settings know it: by its id only. */
export interface KeyVault {
  /** Id of the key that secrets are sealed with; null as long as it was never changed. */
  keyInForce(): string | null;
  /** Seals every secret anew with the key of this id, which is in force from then on. Answers how many sign-ins there are. */
  resealAll(keyId: string): number;
}

export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** Hex SHA-256 of the key: the key itself is never stored. */
  readonly hash: string;
  readonly last4: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface SessionRecord {
  readonly id: string;
  readonly keyId: string;
  /** Which part of the request named it, such as `thread-id` or `fingerprint`. */
  readonly affinity: string;
  /** Hex SHA-256 of what named it, so that no client's text is kept. */
  readonly affinityHash: string;
  readonly profileId: string | null;
  readonly model: string;
  readonly turns: number;
  readonly rollovers: number;
  /** Why it last changed its profile, whose ids these are; null when it never did. */
  readonly lastRollover: {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly atMs: number;
  } | null;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
}

/** A finished response as its client sees it, and what it was made from. */
export interface StoredResponse {
  readonly keyId: string;
  /** Upstream's id of it, which is the client's too. */
  readonly id: string;
  readonly savedAtMs: number;
  /** JSON text of the response object. */
  readonly response: string;
  /** JSON text of an array: every item of the input, with what it went on from. */
  readonly input: string;
  /** Ids of the items it put out. */
  readonly itemIds: readonly string[];
}

/** Responses that clients may read again and go on from; each key sees its own. `sinceMs` hides older ones. */
export interface StoredResponses {
  /** Drops the oldest until all fit into `bytesMax`. One that is larger by itself is not kept. */
  saveResponse(response: StoredResponse, bytesMax: number): void;
  /** JSON text of the response object; null when it is not there. */
  responseText(keyId: string, id: string, sinceMs: number): string | null;
  /** JSON text of its whole input; null when it is not there. */
  inputText(keyId: string, id: string, sinceMs: number): string | null;
  /** Id of the response that put this item out; null when it is not there. */
  responseOfItem(keyId: string, itemId: string, sinceMs: number): string | null;
  /** False when there is none. */
  removeResponse(keyId: string, id: string): boolean;
  /** Drops those saved before `beforeMs`, then the oldest until `bytesMax` hold the rest. Answers how many. */
  pruneResponses(beforeMs: number, bytesMax: number): number;
}

/** A chat that may control a runtime. */
export interface RemoteChat {
  readonly chatId: string;
  /** As its person is called there. */
  readonly title: string;
  readonly pairedAtMs: number;
  /** Minutes of the day, local time, between which nobody is woken; null for never. */
  readonly quiet: { readonly fromMinute: number; readonly toMinute: number } | null;
  /** What it was told last, as JSON. */
  readonly told: string;
}

/** Lets one browser in, once. */
export interface PageToken {
  /** Hex SHA-256 of the token, which itself is never stored. */
  readonly hash: string;
  readonly expiresAtMs: number;
}

export interface TurnsOfHour {
  readonly profile: string;
  readonly hourStartMs: number;
  readonly turns: number;
}

/** What turns leave behind, gathered to be written at once. */
export interface RuntimeBatch {
  readonly usedKeys: readonly { readonly id: string; readonly atMs: number }[];
  readonly newSessions: readonly SessionRecord[];
  readonly changedSessions: readonly SessionRecord[];
  readonly turns: readonly TurnRecord[];
}

/** `desktop.sqlite` or `daemon.sqlite`: keys, sessions, turns and responses of one runtime. Synchronous. */
export interface RuntimeStore extends StoredResponses {
  version(): number;
  damage(): readonly string[];
  /** As that of the settings. */
  briefly<Answer>(work: () => Answer): Answer;

  addKey(key: KeyRecord): void;
  keyByHash(hash: string): KeyRecord | null;
  /** Newest first, revoked ones included. */
  keys(): readonly KeyRecord[];
  /** False when there is no such key or it was revoked before. */
  revokeKey(id: string, atMs: number): boolean;
  touchKey(id: string, atMs: number): void;

  /** Used last first. */
  sessions(): readonly SessionRecord[];
  /** The first ones of them. */
  latestSessions(countMax: number): readonly SessionRecord[];
  sessionCount(): number;
  session(id: string): SessionRecord | null;
  sessionByAffinity(keyId: string, affinityHash: string): SessionRecord | null;
  saveSession(session: SessionRecord): void;
  /** Changes a session that is still there; one that was ended meanwhile stays ended. */
  updateSession(session: SessionRecord): void;
  removeSession(id: string): boolean;
  /** Answers how many were dropped. */
  dropSessionsIdleSince(beforeMs: number): number;

  recordTurn(turn: TurnRecord): void;
  /** All of it in one transaction: as `saveSession`, `updateSession` and `recordTurn`, in this order. */
  keepTogether(batch: RuntimeBatch): void;
  turn(id: string): TurnRecord | null;
  /** The session whose turn gave this response to this key; null when it is not known. */
  sessionOfResponse(keyId: string, responseId: string): string | null;
  latestTurnOf(sessionId: string): TurnRecord | null;
  turnsSince(sinceMs: number, countMax: number): readonly TurnRecord[];
  /** How many turns each profile served in each hour since, from the index alone; oldest hour first. */
  turnsByHour(sinceMs: number): readonly TurnsOfHour[];
  /** Drops turns older than `beforeMs`, then the oldest until the log holds at most `bytesMax`. */
  pruneTurns(beforeMs: number, bytesMax: number): number;

  /** The bot that listens for this runtime, and the code that pairs the next chat with it; nulls when none does. */
  remote(): { readonly bot: string | null; readonly code: string | null };
  setRemote(remote: { readonly bot: string | null; readonly code: string | null }): void;
  /** Oldest first. */
  remoteChats(): readonly RemoteChat[];
  /** Adds the chat, or changes all of it but when it was paired. */
  saveRemoteChat(chat: RemoteChat): void;
  removeRemoteChat(chatId: string): boolean;

  /** Drops those that are over, and the oldest beyond `countMax`. */
  addPageToken(token: PageToken, nowMs: number, countMax: number): void;
  /** Whether it was good; once, whoever asks, in whatever process. */
  spendPageToken(hash: string, nowMs: number): boolean;

  /** The pinned port, null when none was chosen yet. */
  port(): number | null;
  setPort(port: number): void;
  /** Where it serves, or served last, when any free port was asked for: not kept for the next start. Null otherwise. */
  freePort(): number | null;
  setFreePort(port: number | null): void;

  close(): void;
}

/**
 * A client's connection that carries one turn after another. What belongs to it upstream ends with it; two lanes share
 * nothing.
 */
export interface Lane {
  /** Fires when the client's connection is over. */
  readonly over: AbortSignal;
}

/** One HTTP request to one of the four bases the product may talk to. */
export interface UpstreamRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text travels as UTF-8. */
  readonly body: Uint8Array<ArrayBuffer> | string | null;
  /** The account's own outbound proxy; null for the environment's. */
  readonly proxyUrl: string | null;
  /** The client's connection whose turn this is, if upstream may keep one for it as well; null or left out for none. */
  readonly lane?: Lane | null;
}

/**
 * An answer's head as the runtime has it: making plain data of all of it costs twice what asking for a handful of names does.
 */
export interface AnswerHead {
  /** Whatever the case of the name; null for none. */
  get(name: string): string | null;
  /** All of it, names in lower case. */
  toJSON(): HeaderFields;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: AnswerHead;
  /** Must always be read to its end or cancelled. */
  readonly body: ReadableStream<Uint8Array> | null;
}

/** What the wire rejects with: no head arrived, or the body broke. Its message is ours, without any address. */
export class TransportError extends Error {
  readonly fault: TransportFault;

  constructor(fault: TransportFault) {
    super(`transport fault: ${fault}`);
    this.name = "TransportError";
    this.fault = fault;
  }
}

/**
 * The wire. Resolves with the head of any status; rejects with a `TransportError` when no head arrived, or with the
 * signal's reason. Has no clocks of its own: the caller's signal is the only limit.
 */
export interface Upstream {
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer>;
}

/** The bases of `docs/operations.md`; no trailing slash. */
export interface Endpoints {
  readonly chatgptUrl: string;
  readonly authUrl: string;
  readonly openaiUrl: string;
  readonly telegramUrl: string;
}

/** What an attempt travels as. */
export type Identity =
  | {
      readonly kind: "chatgpt";
      readonly accessToken: string;
      readonly accountId: string | null;
      readonly fedramp: boolean;
      /** Base of model traffic, such as `https://chatgpt.com/backend-api/codex`. */
      readonly baseUrl: string;
      /** Value of `x-openai-account-routing-override`; null when there is no constraint. */
      readonly routingOverride: string | null;
      readonly proxyUrl: string | null;
      readonly generation: number;
    }
  | {
      readonly kind: "api-key";
      readonly apiKey: string;
      readonly baseUrl: string;
      readonly proxyUrl: string | null;
      readonly generation: number;
    };

export type Leased =
  | { readonly kind: "leased"; readonly identity: Identity }
  /** Only the owner can mend it; already written to the store. */
  | { readonly kind: "sign-in-needed"; readonly reason: string }
  /** The token endpoint could not be asked or did not answer usefully; another time may work. */
  | { readonly kind: "unavailable"; readonly reason: string };

/** Credentials fit for use, refreshed when due: one exchange at a time on the whole machine, written before used. */
export interface TokenSource {
  lease(profileId: string, signal: AbortSignal): Promise<Leased>;
  /** Upstream answered 401 to `refusedGeneration`: gives a newer credential, refreshing if nobody has. */
  renew(profileId: string, refusedGeneration: number, signal: AbortSignal): Promise<Leased>;
  /** Upstream refused the sign-in for good. */
  condemn(profileId: string, reason: string): void;
}
