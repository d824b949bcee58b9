/**
 * The one owner of live state: what runs where, which session lives where, and the view of the pool that choices are
 * made from. Everything but counts is in the stores, so that a kill loses counts only. Synchronous throughout: a choice
 * and its booking happen in one tick.
 */
import { LIMITS } from "../limits.ts";
import type {
  AnswerHead,
  Clock,
  PoolSettings,
  ProfileRecord,
  Rng,
  RuntimeStore,
  SessionRecord,
  SettingsStore,
} from "../ports.ts";
import { parseQuotaHeaders, type QuotaReading, tellsUse } from "../protocol/quota.ts";
import type { Emit } from "../telemetry/events.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import { PoolReader } from "./pool-reader.ts";
import { RecentSessions } from "./recent-sessions.ts";
import { type AccountState, type Cooldown, type QuotaWindow, UNKNOWN_ACCOUNT_STATE } from "./rules/account-state.ts";
import { believableState } from "./rules/believable.ts";
import type { Candidate, Needs } from "./rules/candidate.ts";
import { type CapacityMeter, countTokens, readMeter } from "./rules/capacity-meter.ts";
import { type Choice, chooseProfile } from "./rules/choose.ts";
import { type Effect, isSoftPause } from "./rules/health.ts";
import { isCreditNews, isWindowNews } from "./rules/quota-news.ts";
import { depositTurn, openRetryBudget, type RetryBudget, withdrawRetry } from "./rules/retry-budget.ts";
import type { TurnRecord } from "./rules/turn-record.ts";
import { TurnStates } from "./turn-states.ts";

export interface PoolView {
  readonly settings: PoolSettings;
  readonly candidates: readonly Candidate[];
  /** The account that was next in turn last. */
  readonly lastAccountKey: string | null;
}

export interface LiveStateOptions {
  readonly settings: SettingsStore;
  readonly runtime: RuntimeStore;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Model ids an account offers; null while not known. */
  readonly offeredModels: (accountKey: string) => ReadonlySet<string> | null;
}

interface Head {
  readonly accountKey: string;
  readonly head: AnswerHead;
  readonly cameAtMs: number;
}

export class LiveState {
  readonly #options: LiveStateOptions;
  readonly #inFlight = new Map<string, number>();
  readonly #recent = new RecentSessions();
  readonly #pool: PoolReader;
  readonly turnStates = new TurnStates();
  /** Heads that nobody has read yet; of those that tell how much is used the last of each account and model. */
  readonly #heads = new Map<string, Head>();
  #headsNoted = 0;
  /** One for each account that has served since the start. */
  readonly #meters = new Map<string, CapacityMeter>();
  /** The candidates of the last view, and what they were made from. */
  #seen: { readonly stored: readonly Candidate[]; readonly candidates: readonly Candidate[] } = {
    stored: [],
    candidates: [],
  };
  #budget: RetryBudget;
  #lastAccountKey: string | null = null;
  #lastTurnAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LiveStateOptions) {
    this.#options = options;
    this.#pool = new PoolReader(options.settings, options.offeredModels);
    this.#budget = openRetryBudget(options.clock.now());
    this.#rememberRecent();
  }

  /** Every profile as the rules see it now. */
  view(): PoolView {
    const { settings, candidates: stored } = this.#pool.read();
    const bound = this.#recent.countByAccount(this.#options.clock.now());
    const before = this.#seen.stored === stored ? this.#seen.candidates : stored;
    const candidates = before.map((candidate) => this.#asItStands(candidate, bound.get(candidate.accountKey) ?? 0));
    this.#seen = { stored, candidates };
    return { settings, candidates, lastAccountKey: this.#lastAccountKey };
  }

  /** The very candidate that was seen last where nothing about it has changed: most have not. */
  #asItStands(candidate: Candidate, boundSessions: number): Candidate {
    const state = this.accountState(candidate.accountKey);
    const inFlight = this.inFlight(candidate.accountKey);
    const isSame = candidate.state === state && candidate.inFlight === inFlight;
    if (isSame && candidate.boundSessions === boundSessions) return candidate;
    return { ...candidate, state, inFlight, boundSessions };
  }

  /** Chooses among all profiles as they stand now. `beginAttempt` follows in the same tick. */
  choose(needs: Needs, rng: Rng): Choice {
    const { settings, candidates, lastAccountKey } = this.view();
    const choice = chooseProfile({
      isEnabled: settings.enabled,
      candidates,
      needs,
      routing: settings.routing,
      lastAccountKey,
      nowMs: this.#options.clock.now(),
      rng,
      probeAfterMs: LIMITS.probeAfterMs,
    });
    // At once, so that sessions which begin together do not all get the same turn.
    if (choice.kind === "chosen" && choice.reason === "next-in-turn") {
      this.#lastAccountKey = choice.candidate.accountKey;
    }
    return choice;
  }

  /** Counts the attempt at once; the answer takes it back, and does so only the first time it is called. */
  beginAttempt(accountKey: string): () => void {
    this.#inFlight.set(accountKey, this.inFlight(accountKey) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = this.inFlight(accountKey) - 1;
      if (left > 0) this.#inFlight.set(accountKey, left);
      else this.#inFlight.delete(accountKey);
    };
  }

  inFlight(accountKey: string): number {
    return this.#inFlight.get(accountKey) ?? 0;
  }

  /** Attempts that run now, over all accounts. */
  inFlightTotal(): number {
    let total = 0;
    for (const count of this.#inFlight.values()) total += count;
    return total;
  }

  /** Whether turns run now or have come lately, also such as were refused: somebody waits for room then. */
  isBusy(): boolean {
    const sinceMs = this.#options.clock.now() - LIMITS.recentSessionMs;
    return this.#inFlight.size > 0 || this.#lastTurnAtMs >= sinceMs;
  }

  /**
   * Binds the session, that was at `from` when its turn began, to where it was served; a change of profile is a rollover
   * and keeps its reason. Another turn of the session may have bound it meanwhile: then it stays where that one put it.
   */
  bindSession(
    sessionId: string,
    from: string | null,
    candidate: Candidate,
    reason: string,
    turnId: string | null = null,
  ): void {
    const { runtime, clock, emit } = this.#options;
    const session = this.#read(() => runtime.session(sessionId));
    const to = candidate.profileId;
    if (session === null || session.profileId !== from || from === to) return;
    if (from === null) {
      this.#keep(() => runtime.updateSession({ ...session, profileId: to }));
      return;
    }
    const nowMs = clock.now();
    const lastRollover = { from, to, reason, atMs: nowMs };
    this.#keep(() => {
      runtime.updateSession({ ...session, profileId: to, rollovers: session.rollovers + 1, lastRollover });
    });
    emit({ kind: "session-moved", turnId, sessionId, from: this.nameOf(from), to: candidate.name, reason });
  }

  /** Counts a turn on the session and keeps it alive. A session ended meanwhile stays ended. */
  touchSession(sessionId: string, accountKey: string | null): void {
    const { runtime, clock } = this.#options;
    const session = this.#read(() => runtime.session(sessionId));
    if (session === null) return;
    const nowMs = clock.now();
    this.#lastTurnAtMs = nowMs;
    this.#keep(() => runtime.updateSession({ ...session, turns: session.turns + 1, lastUsedAtMs: nowMs }));
    if (accountKey === null) return;
    this.#recent.note(sessionId, accountKey, nowMs);
  }

  /** The session of that name, made when it is new. */
  openSession(
    keyId: string,
    affinity: string,
    affinityHash: string,
    model: string,
    newId: () => string,
  ): SessionRecord {
    const { runtime, clock } = this.#options;
    const known = runtime.sessionByAffinity(keyId, affinityHash);
    if (known !== null) return known;
    const nowMs = clock.now();
    const session: SessionRecord = {
      id: newId(),
      keyId,
      affinity,
      affinityHash,
      profileId: null,
      model,
      turns: 0,
      rollovers: 0,
      lastRollover: null,
      createdAtMs: nowMs,
      lastUsedAtMs: nowMs,
    };
    this.#keep(() => runtime.saveSession(session));
    return session;
  }

  /** Carries out what a failure means for the account it happened on. `turnId` is for the log, here and below. */
  applyEffect(candidate: Candidate, effect: Effect, turnId: string | null = null): void {
    switch (effect.kind) {
      case "none":
        return;
      case "cool":
        this.#cool(candidate, effect, turnId);
        return;
      case "condemn":
        this.#condemn(candidate, effect, turnId);
    }
  }

  /** An attempt begun at `sinceMs` gives output: the hard pauses set before it are disproved, whatever becomes of it. */
  noteAdmitted(candidate: Candidate, upstreamModel: string, sinceMs: number, turnId: string | null = null): void {
    const isHard = (cooldown: Cooldown) => !isSoftPause(cooldown.reason);
    this.#heal(candidate, upstreamModel, sinceMs, isHard, turnId);
  }

  /** It was served to its end: every pause set before it is healed, and so are its strikes. */
  noteServed(candidate: Candidate, upstreamModel: string, sinceMs: number, turnId: string | null = null): void {
    this.#heal(candidate, upstreamModel, sinceMs, () => true, turnId);
  }

  #heal(
    candidate: Candidate,
    upstreamModel: string,
    sinceMs: number,
    isHealed: (cooldown: Cooldown) => boolean,
    turnId: string | null,
  ): void {
    // What is set while the attempt runs is not for it to heal: with no pause before it there is nothing to read.
    if (candidate.state.cooldowns.length === 0) return;
    const { settings, emit } = this.#options;
    for (const cooldown of this.accountState(candidate.accountKey).cooldowns.filter(isHealed)) {
      if (cooldown.sinceMs >= sinceMs || (cooldown.model !== null && cooldown.model !== upstreamModel)) continue;
      this.#keep(() => settings.clearCooldown(candidate.accountKey, cooldown.model));
      if (cooldown.model === null) emit({ kind: "account-back", turnId, profile: candidate.name });
    }
  }

  recordTurn(turn: TurnRecord): void {
    this.#keep(() => this.#options.runtime.recordTurn(turn));
  }

  /** As the store has it; an empty one while the store cannot be read. */
  accountState(accountKey: string): AccountState {
    const { settings, clock } = this.#options;
    const state = this.#read(() => settings.accountState(accountKey)) ?? UNKNOWN_ACCOUNT_STATE;
    return believableState(state, clock.now());
  }

  /** An answer has begun. What its head says of the account's quota counts from `readHeads` on. */
  noteHead(accountKey: string, upstreamModel: string, head: AnswerHead): void {
    const cameAtMs = this.#options.clock.now();
    this.#headsNoted += 1;
    const name = tellsUse(head) ? upstreamModel : String(this.#headsNoted);
    this.#heads.set(`${accountKey}\0${name}`, { accountKey, head, cameAtMs });
  }

  /** Makes known what heads have said: before anything else counts that upstream says of quota, and before it is judged. */
  readHeads(): void {
    for (const [name, { accountKey, head, cameAtMs }] of this.#heads) {
      this.#heads.delete(name);
      // Whoever asks has a turn of its own, which a bug in another's head must not end.
      this.#keep(() => this.observeQuota(accountKey, parseQuotaHeaders(head.toJSON(), cameAtMs)));
    }
  }

  /** Keeps what upstream said of the account's windows and credits. */
  observeQuota(accountKey: string, reading: QuotaReading): void {
    const { settings } = this.#options;
    const { credits, windows } = reading;
    const state = this.accountState(accountKey);
    if (isWindowNews(state, windows)) {
      this.#keep(() => settings.mergeWindows(accountKey, windows));
      this.#measureCapacity(accountKey, windows);
    }
    if (credits !== null && isCreditNews(state, credits)) this.#keep(() => settings.writeCredits(accountKey, credits));
  }

  /** A finished turn used this many tokens of the account. */
  countTokens(accountKey: string, tokens: number): void {
    const meter = countTokens(this.#meters.get(accountKey) ?? null, tokens);
    if (meter !== null) this.#meters.set(accountKey, meter);
  }

  #measureCapacity(accountKey: string, windows: readonly QuotaWindow[]): void {
    const average = this.accountState(accountKey).tokensPerPercent;
    const reading = readMeter(this.#meters.get(accountKey) ?? null, windows, average);
    if (reading.meter !== null) this.#meters.set(accountKey, reading.meter);
    const { tokensPerPercent } = reading;
    if (tokensPerPercent === null) return;
    this.#keep(() => this.#options.settings.writeTokensPerPercent(accountKey, tokensPerPercent));
  }

  depositTurn(): void {
    this.#budget = depositTurn(this.#budget, this.#options.clock.now());
  }

  withdrawRetry(): boolean {
    const { allowed, budget } = withdrawRetry(this.#budget, this.#options.clock.now());
    this.#budget = budget;
    return allowed;
  }

  nameOf(profileId: string): string {
    return this.#pool.read().profiles.find((profile) => profile.id === profileId)?.name ?? "a removed profile";
  }

  /** A store that cannot be written to must not cost a client its answer: what was to be kept is lost, and said. */
  #keep(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#options.emit({ kind: "internal-error", id: "store", turnId: null, text: stackOf(error) });
    }
  }

  /** The same for what is only looked at on the way: null when it cannot be read. */
  #read<Value>(read: () => Value): Value | null {
    let value: Value | null = null;
    this.#keep(() => {
      value = read();
    });
    return value;
  }

  #rememberRecent(): void {
    const { runtime, clock } = this.#options;
    const sinceMs = clock.now() - LIMITS.recentSessionMs;
    const accountOf = new Map(this.#pool.read().profiles.map((profile) => [profile.id, profile.accountKey]));
    const recent = runtime.sessions().filter((session) => session.lastUsedAtMs >= sinceMs);
    for (const session of recent.sort((a, b) => a.lastUsedAtMs - b.lastUsedAtMs)) {
      const accountKey = session.profileId === null ? undefined : accountOf.get(session.profileId);
      this.#lastTurnAtMs = Math.max(this.#lastTurnAtMs, session.lastUsedAtMs);
      if (accountKey !== undefined) this.#recent.note(session.id, accountKey, session.lastUsedAtMs);
    }
  }

  #seatsOf(candidate: Candidate): readonly ProfileRecord[] {
    const { workspaceId, profileId } = candidate;
    return this.#pool
      .read()
      .profiles.filter(
        (profile) => profile.id === profileId || (workspaceId !== null && profile.workspaceId === workspaceId),
      );
  }

  #cool(candidate: Candidate, effect: Extract<Effect, { kind: "cool" }>, turnId: string | null): void {
    const { settings, emit } = this.#options;
    const { cooldown, target } = effect;
    const accounts =
      target === "workspace"
        ? new Set(this.#seatsOf(candidate).map((seat) => seat.accountKey))
        : new Set([candidate.accountKey]);
    for (const accountKey of accounts) this.#keep(() => settings.setCooldown(accountKey, cooldown));
    const { reason, untilMs, model } = cooldown;
    emit({ kind: "account-paused", turnId, profile: candidate.name, reason, untilMs, model });
  }

  #condemn(candidate: Candidate, effect: Extract<Effect, { kind: "condemn" }>, turnId: string | null): void {
    const { settings, clock, emit } = this.#options;
    const seats =
      effect.target === "workspace"
        ? this.#seatsOf(candidate)
        : this.#seatsOf(candidate).filter((seat) => seat.id === candidate.profileId);
    for (const seat of seats) {
      const signIn = { state: "needed", reason: effect.reason, sinceMs: clock.now() } as const;
      this.#keep(() => settings.updateProfile(seat.id, { signIn }));
      emit({ kind: "sign-in-needed", turnId, profile: seat.name, reason: effect.reason });
    }
  }
}
