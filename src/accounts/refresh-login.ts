/**
 * How does one owned sign-in get a new pair of tokens without ever losing one?
 *
 * Owns the order of steps: turn, re-read, mark, send, write, use. A refresh token is good for one use, so the new pair is
 * written before anybody sees it, and a crash anywhere leaves either a usable sign-in or a mark that says what happened.
 * Must not decide when a refresh is due (`refresh-policy.ts`) and must not touch linked sign-ins.
 */
import type { ProfileRecord, SettingsStore, StoredCredential } from "../ports.ts";
import { storeErrorKindOf } from "../store/store-error.ts";
import type { Wire } from "./ask.ts";
import { exchangeRefreshToken } from "./exchange.ts";
import { isSameAccount } from "./identity.ts";
import { readClaims } from "./jwt.ts";
import { isLocked, readableCredential } from "./readable-credential.ts";
import type { UnavailableReason } from "./reasons.ts";
import type { ExchangeTurn, RefreshLease } from "./refresh-lease.ts";
import {
  applyPair,
  type ChatgptCredential,
  explainRefusal,
  isMet,
  type RefreshAnswer,
  type RefreshNeed,
  refreshReason,
  type TokenPair,
} from "./refresh-policy.ts";
import { pause } from "./waiting.ts";
import { writePatiently } from "./write-patiently.ts";

export type RefreshOutcome =
  /** The stored credential meets the need: renewed now, or adopted from whoever renewed it. */
  | { readonly kind: "current"; readonly stored: StoredCredential }
  | { readonly kind: "sign-in-needed"; readonly reason: string }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason; readonly retryAfterMs: number | null };

export interface LoginRefresher {
  /** Meets the need by one exchange at most two times. Never rejects. Callers take care of single flight. */
  refresh(profileId: string, need: RefreshNeed): Promise<RefreshOutcome>;
}

export interface LoginRefresherOptions {
  readonly settings: SettingsStore;
  readonly wire: Wire;
  readonly authUrl: string;
  readonly lease: RefreshLease;
}

/** A pair that upstream has issued and the store has not taken yet. Kept until it is written: its predecessor is spent. */
interface UnsavedPair {
  readonly spentToken: string;
  readonly pair: TokenPair;
  readonly issuedAtMs: number;
}

interface Refresher extends LoginRefresherOptions {
  /** By profile id; an entry leaves when its pair is written or its profile is gone. */
  readonly unsaved: Map<string, UnsavedPair>;
}

/** What is about to be spent. */
interface Spending {
  readonly profile: ProfileRecord;
  readonly stored: StoredCredential;
  readonly credential: ChatgptCredential;
  readonly refreshToken: string;
}

const ROUNDS_MAX = 2;
/** Together well within the time that the turn is ours. */
const SAVE_TRIES_MAX = 30;
const SAVE_PAUSE_MS = 500;

export function createLoginRefresher(options: LoginRefresherOptions): LoginRefresher {
  const refresher: Refresher = { ...options, unsaved: new Map() };
  return {
    async refresh(profileId, need) {
      try {
        return await refresh(refresher, profileId, need);
      } catch (error) {
        // Only the store throws here. What it has not taken stays in `unsaved`.
        return unavailable(isLocked(error) ? "key-missing" : "store-failing");
      }
    },
  };
}

function unavailable(reason: UnavailableReason, retryAfterMs: number | null = null): RefreshOutcome {
  return { kind: "unavailable", reason, retryAfterMs };
}

async function refresh(refresher: Refresher, profileId: string, need: RefreshNeed): Promise<RefreshOutcome> {
  const isWanted = (): boolean => readSpending(refresher, profileId, need).kind === "spend";
  const outcome = await refresher.lease.run(isWanted, (turn) => refreshInTurn(refresher, turn, profileId, need));
  if (outcome !== null) return outcome;
  const now = readSpending(refresher, profileId, need);
  return now.kind === "spend" ? unavailable("refresh-queue") : now.outcome;
}

async function refreshInTurn(
  refresher: Refresher,
  turn: ExchangeTurn,
  profileId: string,
  need: RefreshNeed,
): Promise<RefreshOutcome> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const now = readSpending(refresher, profileId, need);
    if (now.kind === "done") return now.outcome;
    const outcome = await spend(refresher, turn, now.spending, need);
    if (outcome !== "changed") return outcome;
  }
  return unavailable("refresh-failing");
}

type Prospect =
  | { readonly kind: "done"; readonly outcome: RefreshOutcome }
  | { readonly kind: "spend"; readonly spending: Spending };

/** Reads everything anew: what there is to spend, or the outcome when there is nothing to do. */
function readSpending(refresher: Refresher, profileId: string, need: RefreshNeed): Prospect {
  const { settings, wire } = refresher;
  const profile = settings.profiles().find((candidate) => candidate.id === profileId);
  if (profile === undefined) {
    refresher.unsaved.delete(profileId);
    return { kind: "done", outcome: unavailable("profile-missing") };
  }
  if (!savePair(refresher, profileId)) return { kind: "done", outcome: unavailable("refresh-unsaved") };
  if (profile.signIn.state === "needed" && need.why !== "asked") {
    return { kind: "done", outcome: { kind: "sign-in-needed", reason: profile.signIn.reason } };
  }
  const stored = settings.credential(profileId);
  if (stored === null) return { kind: "done", outcome: unavailable("credential-missing") };
  const { credential } = stored;
  const refreshToken = credential.kind === "chatgpt" ? credential.refreshToken : null;
  if (credential.kind !== "chatgpt" || refreshToken === null || isMet(need, stored, wire.clock.now())) {
    return { kind: "done", outcome: { kind: "current", stored } };
  }
  return { kind: "spend", spending: { profile, stored, credential, refreshToken } };
}

/** One exchange, and one more with the same token when the outcome of the first is unknown. */
async function spend(
  refresher: Refresher,
  turn: ExchangeTurn,
  spending: Spending,
  need: RefreshNeed,
): Promise<RefreshOutcome | "changed"> {
  const { settings, wire } = refresher;
  const { profile, stored } = spending;
  const wasLost = isEarlierAnswerLost(settings, profile.id, stored);
  const markedAtMs = wire.clock.now();
  if (!(await turn.begin())) return unavailable("refresh-queue");
  const mark = () => settings.markRefreshStarted(profile.id, stored.generation, markedAtMs);
  if (!(await writePatiently(settings, wire.clock, mark))) return "changed";
  const first = await sendOnce(refresher, turn, spending, need);
  if (first.kind !== "unknown") return conclude(refresher, spending, first, wasLost, markedAtMs);
  await turn.space();
  if (settings.credential(profile.id)?.generation !== stored.generation) return "changed";
  if (!(await turn.begin())) return unavailable("refresh-silent");
  // A held file may have kept us waiting.
  if (settings.credential(profile.id)?.generation !== stored.generation) return "changed";
  const second = await sendOnce(refresher, turn, spending, need);
  return conclude(refresher, spending, second, true, markedAtMs);
}

async function sendOnce(
  refresher: Refresher,
  turn: ExchangeTurn,
  spending: Spending,
  need: RefreshNeed,
): Promise<RefreshAnswer> {
  const answer = await exchangeRefreshToken(refresher.wire, {
    authUrl: refresher.authUrl,
    refreshToken: spending.refreshToken,
    reason: refreshReason(need, spending.credential),
    proxyUrl: spending.profile.proxyUrl,
  });
  if (answer.kind === "renewed") {
    refresher.unsaved.set(spending.profile.id, {
      spentToken: spending.refreshToken,
      pair: answer.pair,
      issuedAtMs: refresher.wire.clock.now(),
    });
    // Before anything else may fail: from here on the store holds a spent token.
    await savePatiently(refresher, spending.profile.id);
  }
  await endTurn(turn);
  return answer;
}

/** What the end is noted for is the pause between two exchanges: a file that cannot be had must not decide what became of one. */
async function endTurn(turn: ExchangeTurn): Promise<void> {
  try {
    await turn.end();
  } catch (error) {
    if (storeErrorKindOf(error) === null) throw error;
  }
}

/**
 * Keeps the turn, and with it every other process away from the spent token, until the pair is written or there is no sense
 * in it any more. The first try is as patient as a store is, so that a process which is told to end cannot end before it.
 */
async function savePatiently(refresher: Refresher, profileId: string): Promise<void> {
  if (savePair(refresher, profileId, (write) => write())) return;
  for (let tries = 0; tries < SAVE_TRIES_MAX; tries += 1) {
    await pause(refresher.wire.clock, SAVE_PAUSE_MS);
    if (savePair(refresher, profileId)) return;
  }
}

async function conclude(
  refresher: Refresher,
  spending: Spending,
  answer: RefreshAnswer,
  wasLost: boolean,
  markedAtMs: number,
): Promise<RefreshOutcome | "changed"> {
  const { settings } = refresher;
  const profileId = spending.profile.id;
  switch (answer.kind) {
    case "renewed":
      return concludeRenewal(refresher, profileId, answer.pair);
    case "refused": {
      if (settings.credential(profileId)?.generation !== spending.stored.generation) return "changed";
      const reason = explainRefusal(answer.reason, wasLost);
      markSignInNeeded(settings, profileId, spending.stored.generation, reason, refresher.wire.clock.now());
      return { kind: "sign-in-needed", reason };
    }
    case "later":
      if (answer.unspent && !wasLost) {
        const note = () => settings.setInstant(answeredInstant(profileId), markedAtMs);
        await writePatiently(settings, refresher.wire.clock, note);
      }
      return unavailable(answer.reason, answer.retryAfterMs);
    case "unknown":
      return unavailable("refresh-silent");
  }
}

/** The pair is written by now, unless the store has failed for long. */
function concludeRenewal(refresher: Refresher, profileId: string, pair: TokenPair): RefreshOutcome {
  if (refresher.unsaved.has(profileId)) return unavailable("refresh-unsaved");
  const stored = refresher.settings.credential(profileId);
  if (stored === null) return unavailable("profile-missing");
  return pair.accessToken === null ? unavailable("refresh-empty") : { kind: "current", stored };
}

/**
 * Writes the pair that waits for this profile, if any. False when the store did not take it. A pair whose predecessor is
 * no longer the stored one is dropped: the owner has signed in anew meanwhile.
 */
function savePair(
  refresher: Refresher,
  profileId: string,
  write: (work: () => boolean) => boolean = refresher.settings.briefly,
): boolean {
  const waiting = refresher.unsaved.get(profileId);
  if (waiting === undefined) return true;
  const { settings } = refresher;
  try {
    if (!write(() => offerPair(settings, profileId, waiting))) return false;
    refresher.unsaved.delete(profileId);
    return true;
  } catch {
    return false;
  }
}

function offerPair(settings: SettingsStore, profileId: string, waiting: UnsavedPair): boolean {
  const stored = settings.credential(profileId);
  if (stored === null) return true;
  const isSpent = isTokenOf(stored, waiting.spentToken);
  // Written at an earlier offer, of which the copies were not.
  const isWritten = waiting.pair.refreshToken !== null && isTokenOf(stored, waiting.pair.refreshToken);
  if (!isSpent && !isWritten) return true;
  if (isSpent && !writePair(settings, profileId, stored, waiting)) return false;
  shareWithCopies(settings, profileId, waiting);
  notePlan(settings, profileId, waiting.pair);
  return true;
}

function isTokenOf(stored: StoredCredential, refreshToken: string): boolean {
  return stored.credential.kind === "chatgpt" && stored.credential.refreshToken === refreshToken;
}

function writePair(
  settings: SettingsStore,
  profileId: string,
  stored: StoredCredential,
  waiting: UnsavedPair,
): boolean {
  if (stored.credential.kind !== "chatgpt") return false;
  const renewed = applyPair(stored.credential, waiting.pair, waiting.issuedAtMs);
  return settings.writeCredential(profileId, renewed, stored.generation);
}

/** Copies of one login hang on one chain of refresh tokens: what renews one of them has to renew all. */
function shareWithCopies(settings: SettingsStore, profileId: string, waiting: UnsavedPair): void {
  const profiles = settings.profiles();
  const renewed = profiles.find((profile) => profile.id === profileId);
  for (const copy of profiles) {
    if (renewed === undefined || copy.id === profileId || !isSameAccount(copy, renewed)) continue;
    const stored = readableCredential(settings, copy.id);
    if (stored !== null && isTokenOf(stored, waiting.spentToken)) writePair(settings, copy.id, stored, waiting);
  }
}

/** A plan changes between two refreshes; the new tokens are the first to say so. */
function notePlan(settings: SettingsStore, profileId: string, pair: TokenPair): void {
  const plan = readClaims(pair.idToken).plan ?? readClaims(pair.accessToken).plan;
  const profile = settings.profiles().find((candidate) => candidate.id === profileId);
  if (plan !== null && profile !== undefined && profile.plan !== plan) settings.updateProfile(profileId, { plan });
}

/** Instant of the mark whose exchange got a plain refusal: such a mark is no trace of a lost answer. */
function answeredInstant(profileId: string): string {
  return `refresh-answered:${profileId}`;
}

function isEarlierAnswerLost(settings: SettingsStore, profileId: string, stored: StoredCredential): boolean {
  const markedAtMs = stored.refreshStartedAtMs;
  return markedAtMs !== null && settings.instant(answeredInstant(profileId)) !== markedAtMs;
}

/** Notes that the owner has to sign in, unless somebody has put a newer credential there in this very moment. */
export function markSignInNeeded(
  settings: SettingsStore,
  profileId: string,
  generation: number,
  reason: string,
  nowMs: number,
): void {
  settings.updateProfile(profileId, { signIn: { state: "needed", reason, sinceMs: nowMs } });
  const after = settings.credential(profileId);
  if (after !== null && after.generation !== generation) settings.updateProfile(profileId, { signIn: { state: "ok" } });
}
