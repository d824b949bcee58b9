/**
 * Which credential does an attempt travel with?
 *
 * The door of this room for the engine: gives credentials fit for use, refreshes them in time, and notes when only the
 * owner can help. Owns single flight and back-off within the process; `refresh-lease.ts` owns the order between
 * processes, `refresh-login.ts` the exchange itself, `linked-login.ts` other programs' files.
 */
import { LIMITS } from "../limits.ts";
import type {
  Clock,
  Endpoints,
  Identity,
  Leased,
  ProfileRecord,
  Rng,
  SettingsStore,
  StoredCredential,
  TokenSource,
  Upstream,
} from "../ports.ts";
import type { Emit } from "../telemetry/events.ts";
import { DISK_LOGIN_FILES, type LoginFiles } from "./auth-file.ts";
import { isHolderAlive } from "./holder.ts";
import { createLinkedLogins, type LinkedLogins } from "./linked-login.ts";
import { isLocked, readableCredential } from "./readable-credential.ts";
import type { UnavailableReason } from "./reasons.ts";
import { createRefreshLease } from "./refresh-lease.ts";
import { createLoginRefresher, type LoginRefresher, markSignInNeeded, type RefreshOutcome } from "./refresh-login.ts";
import { backoffMs, type ChatgptCredential, isJustRenewed, judgeToken, type RefreshNeed } from "./refresh-policy.ts";
import { unlessAborted } from "./waiting.ts";
import { createWorkspaceRouter, modelBaseUrl, type WorkspaceRouter } from "./workspace-routing.ts";

export interface TokenSourceOptions {
  readonly settings: SettingsStore;
  readonly upstream: Upstream;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Names this process and this source among all that share the store: see `nameHolder`. */
  readonly holder: string;
  readonly spacingMs?: number;
  readonly isHolderAlive?: (holder: string) => boolean;
  readonly files?: LoginFiles;
  /** Told how each refresh ended. */
  readonly emit?: Emit;
  /** Told when a refresh finds a sign-in ended, or it cannot be refreshed at all. */
  readonly onSignInEnded?: (profileId: string, reason: string) => void;
}

/** What the owner's commands and the refresh worker need beyond leasing. */
export interface AccountTokens extends TokenSource {
  /**
   * Refreshes an owned ChatGPT sign-in if it is due; with `force`, in any case, without regard to back-off, and also one
   * that was given up: success makes it good again. Others are left as they are. Does not ask for routing.
   */
  refresh(profileId: string, force: boolean): Promise<RefreshOutcome>;
}

/** How often in a row refreshing has failed, and when it may be tried again. */
interface Backoff {
  /** Of the credential that failed: a newer one starts afresh. */
  readonly generation: number;
  readonly strikes: number;
  readonly retryAtMs: number;
  readonly outcome: RefreshOutcome;
}

interface Refusal {
  readonly generation: number;
  readonly atMs: number;
}

interface Source extends TokenSourceOptions {
  readonly linked: LinkedLogins;
  readonly refresher: LoginRefresher;
  readonly router: WorkspaceRouter;
  /** All by profile id; entries of removed profiles leave when they are next looked up. */
  readonly flights: Map<string, Promise<RefreshOutcome>>;
  readonly backoffs: Map<string, Backoff>;
  readonly refusals: Map<string, Refusal>;
}

type NotLeased = Exclude<Leased, { kind: "leased" }>;

/** What is known of a profile's credential before routing. */
type Usable =
  | { readonly kind: "usable"; readonly profile: ProfileRecord; readonly stored: StoredCredential }
  | NotLeased;

/** At hand, unless a refresh has to be waited for. */
type Finding = Usable | Promise<Usable>;

/** A second refusal within this time is not chance. */
const REFUSAL_MEMORY_MS = 24 * 60 * 60_000;
/** Turns that run together are refused together: that is one refusal and no proof. */
const REFUSAL_APART_MS = 30_000;

/** Leases and renewals reject only with the reason of the caller's signal; a refresh that has begun goes on without it. */
export function createTokenSource(options: TokenSourceOptions): AccountTokens {
  const source = openSource(options);
  return {
    lease: (profileId, signal) => lend(source, () => findUsable(source, profileId, signal), signal),
    renew: (profileId, refusedGeneration, signal) =>
      lend(source, () => findNewer(source, profileId, refusedGeneration, signal), signal),
    condemn: (profileId, reason) => condemn(source, profileId, reason),
    refresh: (profileId, force) => refreshOnDemand(source, profileId, force),
  };
}

function openSource(options: TokenSourceOptions): Source {
  const { settings, upstream, clock, rng, holder } = options;
  const lease = createRefreshLease({
    settings,
    clock,
    rng,
    holder,
    spacingMs: options.spacingMs ?? LIMITS.refreshSpacingMs,
    isHolderAlive: options.isHolderAlive ?? isHolderAlive,
  });
  return {
    ...options,
    linked: createLinkedLogins({ settings, clock, files: options.files ?? DISK_LOGIN_FILES }),
    refresher: createLoginRefresher({ settings, wire: { upstream, clock }, authUrl: options.endpoints.authUrl, lease }),
    router: createWorkspaceRouter({ upstream, clock, endpoints: options.endpoints }),
    flights: new Map(),
    backoffs: new Map(),
    refusals: new Map(),
  };
}

function unavailable(reason: UnavailableReason): NotLeased {
  return { kind: "unavailable", reason };
}

/** Of most the credential is at hand, and so is where the account's traffic goes: no other promise is made for them. */
async function lend(source: Source, find: () => Finding, signal: AbortSignal): Promise<Leased> {
  signal.throwIfAborted();
  let usable: Usable;
  try {
    usable = await find();
  } catch (error) {
    // A credential whose master key is not there is nothing that waiting or signing in elsewhere mends.
    if (isLocked(error)) return unavailable("key-missing");
    throw error;
  }
  if (usable.kind !== "usable") return usable;
  const { profile, stored } = usable;
  const { credential, generation } = stored;
  const { openaiUrl, chatgptUrl } = source.endpoints;
  const { proxyUrl } = profile;
  if (credential.kind === "api-key") {
    const identity: Identity = { kind: "api-key", apiKey: credential.apiKey, baseUrl: openaiUrl, proxyUrl, generation };
    return { kind: "leased", identity };
  }
  const { accessToken } = credential;
  const routing = await source.router.routingOf(profile, accessToken, signal);
  return {
    kind: "leased",
    identity: {
      kind: "chatgpt",
      accessToken,
      accountId: profile.workspaceId,
      fedramp: profile.fedramp,
      baseUrl: modelBaseUrl(chatgptUrl, routing),
      routingOverride: routing.override,
      proxyUrl,
      generation,
    },
  };
}

function findProfile(source: Source, profileId: string): ProfileRecord | null {
  const profile = source.settings.profiles().find((candidate) => candidate.id === profileId);
  if (profile !== undefined) return profile;
  source.backoffs.delete(profileId);
  source.refusals.delete(profileId);
  return null;
}

function findUsable(source: Source, profileId: string, signal: AbortSignal): Finding {
  const profile = findProfile(source, profileId);
  if (profile === null) return unavailable("profile-missing");
  if (profile.ownership === "linked") {
    const state = source.linked.read(profile);
    return state.kind === "usable" ? { ...state, profile } : state;
  }
  if (profile.signIn.state === "needed") return needsSignIn(source, profile, profile.signIn.reason);
  const stored = source.settings.credential(profileId);
  if (stored === null) return unavailable("credential-missing");
  const { credential, generation } = stored;
  if (credential.kind === "api-key") return { kind: "usable", profile, stored };
  switch (judgeToken(credential, source.clock.now())) {
    case "fresh":
      return { kind: "usable", profile, stored };
    case "due":
      refreshBeside(source, profileId, credential, generation);
      return { kind: "usable", profile, stored };
    case "expired":
      if (credential.refreshToken === null) return endSignIn(source, profile, stored, "cannot-be-refreshed");
      return afterFlight(source, profile, { why: "due", generation }, signal);
  }
}

/** A turn does not wait for this: the token in hand is still good. */
function refreshBeside(source: Source, profileId: string, credential: ChatgptCredential, generation: number): void {
  if (isJustRenewed(credential, source.clock.now())) return;
  void fly(source, profileId, { why: "due", generation }, false);
}

function findNewer(source: Source, profileId: string, refusedGeneration: number, signal: AbortSignal): Finding {
  const profile = findProfile(source, profileId);
  if (profile === null) return unavailable("profile-missing");
  source.router.forget(profile.accountKey);
  if (profile.ownership === "linked") {
    const state = source.linked.renew(profile, refusedGeneration);
    return state.kind === "usable" ? { ...state, profile } : state;
  }
  if (profile.signIn.state === "needed") return needsSignIn(source, profile, profile.signIn.reason);
  const stored = source.settings.credential(profileId);
  if (stored === null) return unavailable("credential-missing");
  if (stored.generation > refusedGeneration) return findUsable(source, profileId, signal);
  const { credential } = stored;
  if (credential.kind === "api-key" || credential.refreshToken === null) return countRefusal(source, profile, stored);
  if (isJustRenewed(credential, source.clock.now())) return unavailable("refused-after-refresh");
  return afterFlight(source, profile, { why: "refused", generation: refusedGeneration }, signal);
}

async function afterFlight(
  source: Source,
  profile: ProfileRecord,
  need: RefreshNeed,
  signal: AbortSignal,
): Promise<Usable> {
  const first = await unlessAborted(fly(source, profile.id, need, false), signal);
  // A flight that was already under way for another reason may have found nothing to do.
  const isStale = need.why === "refused" && first.kind === "current" && first.stored.generation <= need.generation;
  const outcome = isStale ? await unlessAborted(fly(source, profile.id, need, false), signal) : first;
  if (outcome.kind === "current") return { kind: "usable", profile, stored: outcome.stored };
  if (outcome.kind === "sign-in-needed") return needsSignIn(source, profile, outcome.reason);
  return { kind: "unavailable", reason: outcome.reason };
}

/** One flight a profile: whoever wants a refresh while one runs shares its outcome. Never rejects. */
function fly(source: Source, profileId: string, need: RefreshNeed, ignoreBackoff: boolean): Promise<RefreshOutcome> {
  const running = source.flights.get(profileId);
  if (running !== undefined) return running;
  const backoff = source.backoffs.get(profileId);
  const isHeldBack = backoff?.generation === need.generation && backoff.retryAtMs > source.clock.now();
  if (backoff !== undefined && isHeldBack && !ignoreBackoff) return Promise.resolve(backoff.outcome);
  // Now, for the store may be failing when the outcome is there.
  const name = source.settings.profiles().find((profile) => profile.id === profileId)?.name ?? null;
  const flight = source.refresher.refresh(profileId, need).then((outcome) => {
    source.flights.delete(profileId);
    noteOutcome(source, profileId, need.generation, outcome);
    tellOutcome(source, name, outcome);
    if (outcome.kind === "sign-in-needed") source.onSignInEnded?.(profileId, outcome.reason);
    return outcome;
  });
  source.flights.set(profileId, flight);
  return flight;
}

function tellOutcome({ emit }: Source, profile: string | null, outcome: RefreshOutcome): void {
  if (emit === undefined || profile === null) return;
  const isRenewed = outcome.kind === "current";
  const reason = isRenewed ? null : outcome.reason;
  emit({ kind: "sign-in-refreshed", profile, outcome: isRenewed ? "renewed" : outcome.kind, reason });
}

function noteOutcome(source: Source, profileId: string, generation: number, outcome: RefreshOutcome): void {
  if (outcome.kind !== "unavailable") {
    source.backoffs.delete(profileId);
    return;
  }
  const strikes = (source.backoffs.get(profileId)?.strikes ?? 0) + 1;
  const retryAtMs = source.clock.now() + backoffMs(strikes, outcome.retryAfterMs, source.rng());
  source.backoffs.set(profileId, { generation, strikes, retryAtMs, outcome });
}

/** A key or personal token that was refused: once may be chance, so only the second time ends the sign-in. */
function countRefusal(source: Source, profile: ProfileRecord, stored: StoredCredential): Usable {
  const nowMs = source.clock.now();
  const before = source.refusals.get(profile.id);
  const agoMs = before?.generation === stored.generation ? nowMs - before.atMs : REFUSAL_MEMORY_MS;
  if (agoMs < REFUSAL_APART_MS) return unavailable("refused-once");
  source.refusals.set(profile.id, { generation: stored.generation, atMs: nowMs });
  if (agoMs >= REFUSAL_MEMORY_MS) return unavailable("refused-once");
  return endSignIn(source, profile, stored, "credential-refused");
}

function endSignIn(source: Source, profile: ProfileRecord, stored: StoredCredential, reason: string): Usable {
  markSignInNeeded(source.settings, profile.id, stored.generation, reason, source.clock.now());
  source.onSignInEnded?.(profile.id, reason);
  return needsSignIn(source, profile, reason);
}

function needsSignIn(source: Source, profile: ProfileRecord, reason: string): Usable {
  // The next sign-in may be of another login: what was known of its routing is no longer to be trusted.
  source.router.forget(profile.accountKey);
  return { kind: "sign-in-needed", reason };
}

function condemn(source: Source, profileId: string, reason: string): void {
  const profile = findProfile(source, profileId);
  if (profile === null) return;
  source.router.forget(profile.accountKey);
  if (profile.ownership === "linked") {
    source.linked.condemn(profile);
  } else {
    source.settings.updateProfile(profileId, { signIn: { state: "needed", reason, sinceMs: source.clock.now() } });
  }
}

function missingReason(source: Source, profile: ProfileRecord | null, profileId: string): UnavailableReason {
  if (profile === null) return "profile-missing";
  return source.settings.generation(profileId) === null ? "credential-missing" : "key-missing";
}

async function refreshOnDemand(source: Source, profileId: string, force: boolean): Promise<RefreshOutcome> {
  const profile = findProfile(source, profileId);
  const stored = readableCredential(source.settings, profileId);
  if (profile === null || stored === null) {
    return { kind: "unavailable", reason: missingReason(source, profile, profileId), retryAfterMs: null };
  }
  if (profile.ownership === "linked") {
    const state = source.linked.read(profile);
    return state.kind === "usable" ? { kind: "current", stored: state.stored } : { ...state, retryAfterMs: null };
  }
  const { signIn } = profile;
  const { credential, generation } = stored;
  const canRefresh = credential.kind === "chatgpt" && credential.refreshToken !== null;
  if (signIn.state === "needed" && !(force && canRefresh)) return { kind: "sign-in-needed", reason: signIn.reason };
  const isDue = canRefresh && judgeToken(credential, source.clock.now()) !== "fresh";
  if (!isDue && !(force && canRefresh)) return { kind: "current", stored };
  return fly(source, profileId, { why: force ? "asked" : "due", generation }, force);
}
