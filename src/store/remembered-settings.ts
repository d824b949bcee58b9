/**
 * What do the settings say, without reading them anew for every turn? Remembers what is read until some process has
 * written, and gathers what turns tell of accounts, to be written off their path.
 *
 * Leases and instants are always read from the file. What this process observes of accounts is remembered with
 * it and seen at once; a killed process loses what it gathered within `waitMs`, which upstream tells again. Cooldowns are in
 * the file before anything goes on, unless it is held or full: then they hold here, and wait with the rest.
 */
import type { AccountFacts, PoolSettings, ProfileRecord, SettingsStore, StoredCredential } from "../ports.ts";
import type { AccountState, Credits, QuotaWindow } from "../router/rules/account-state.ts";
import { replacesObservation } from "../router/rules/believable.ts";
import { aroundCalls } from "./around-calls.ts";
import { type Gathering, type GatherOptions, gatherWrites, isPassing } from "./gather-writes.ts";
import { lookOnceATurn } from "./look-once-a-turn.ts";
import { type CooldownChange, WaitingCooldowns, writeCooldown } from "./waiting-cooldowns.ts";

/** Everything remembered; knows when it has to be read anew. */
class Memory {
  readonly #store: SettingsStore;
  readonly #gathering: Gathering;
  /** As the file has it and as it was observed since. */
  readonly #accounts = new Map<string, AccountState>();
  readonly #credentials = new Map<string, StoredCredential>();
  #pool: PoolSettings | null = null;
  #profiles: readonly ProfileRecord[] | null = null;
  #fileVersion: number;
  #version = 0;
  #shape = 0;
  #waiting = new Map<string, AccountFacts>();
  readonly #looking = lookOnceATurn(() => {
    if (this.#store.version() !== this.#fileVersion) this.#forget();
  });
  /** Others may have written meanwhile. */
  readonly lookAgain = this.#looking.lookAgain;
  readonly #cooldowns = new WaitingCooldowns();

  constructor(store: SettingsStore, options: GatherOptions) {
    this.#store = store;
    this.#fileVersion = store.version();
    this.#gathering = gatherWrites(options, {
      write: () => this.#writeWaiting(),
      drop: () => this.#dropWaiting(),
      // One entry an account, and one for each of its models that rests.
      isTooMuch: () => false,
    });
  }

  pool(): PoolSettings {
    this.#looking.look();
    this.#pool ??= this.#store.pool();
    return this.#pool;
  }

  profiles(): readonly ProfileRecord[] {
    this.#looking.look();
    this.#profiles ??= this.#store.profiles();
    return this.#profiles;
  }

  version(): number {
    this.#looking.look();
    return this.#version;
  }

  shapeVersion(): number {
    this.#looking.look();
    return this.#shape;
  }

  credential(profileId: string): StoredCredential | null {
    this.#looking.look();
    const known = this.#credentials.get(profileId);
    if (known !== undefined) return known;
    const stored = this.#store.credential(profileId);
    if (stored !== null) this.#credentials.set(profileId, stored);
    return stored;
  }

  /** As it was when anything else was looked at last: every choice looks, and what follows it goes by the same state. */
  accountState(accountKey: string): AccountState {
    const known = this.#accounts.get(accountKey);
    if (known !== undefined) return known;
    this.#looking.look();
    const facts = this.#waiting.get(accountKey);
    const stored = this.#store.accountState(accountKey);
    const state = this.#cooldowns.over(accountKey, facts === undefined ? stored : withFacts(stored, facts));
    this.#accounts.set(accountKey, state);
    return state;
  }

  observe(facts: AccountFacts): void {
    const { accountKey } = facts;
    this.#accounts.set(accountKey, withFacts(this.accountState(accountKey), facts));
    this.#waiting.set(accountKey, mergeFacts(this.#waiting.get(accountKey), facts));
    this.#version += 1;
    this.#gathering.note();
  }

  changeCooldown(change: CooldownChange): void {
    if (this.#cooldowns.size > 0 || !this.#writeCooldown(change)) {
      this.#cooldowns.put(change);
      this.#version += 1;
      this.#gathering.note();
    }
    this.#accounts.delete(change.accountKey);
  }

  /** False while the file is held or full. */
  #writeCooldown(change: CooldownChange): boolean {
    try {
      this.#writeOfAccounts(() => this.#store.briefly(() => writeCooldown(this.#store, change)));
      return true;
    } catch (error) {
      if (isPassing(error)) return false;
      throw error;
    }
  }

  flush(): void {
    this.#gathering.flush();
  }

  close(): void {
    this.#gathering.finish();
    this.#store.close();
  }

  #forget(): void {
    this.#pool = null;
    this.#profiles = null;
    this.#accounts.clear();
    this.#credentials.clear();
    this.#version += 1;
    this.#shape += 1;
    this.#fileVersion = this.#store.version();
  }

  /** A write of ours that tells of accounts only. If nobody else wrote meanwhile, all else stays true. */
  #writeOfAccounts(write: () => void): void {
    const isKnown = this.#store.version() === this.#fileVersion;
    write();
    const after = this.#store.version();
    if (isKnown && after === this.#fileVersion + 1) this.#fileVersion = after;
    else this.#forget();
    this.#version += 1;
  }

  #writeWaiting(): void {
    const facts = [...this.#waiting.values()];
    if (facts.length > 0) this.#writeOfAccounts(() => this.#store.writeFacts(facts));
    this.#waiting = new Map();
    this.#cooldowns.writeAll((change) =>
      this.#writeOfAccounts(() => this.#store.briefly(() => writeCooldown(this.#store, change))),
    );
  }

  #dropWaiting(): void {
    this.#waiting = new Map();
    this.#cooldowns.drop();
  }
}

export function rememberSettings(store: SettingsStore, options: GatherOptions): SettingsStore {
  const memory = new Memory(store, options);
  const observe = (facts: Partial<AccountFacts> & Pick<AccountFacts, "accountKey">) =>
    memory.observe({ ...NO_FACTS, ...facts });
  return {
    ...aroundCalls(store, () => memory.flush(), memory.lookAgain),
    version: () => memory.version(),
    shapeVersion: () => memory.shapeVersion(),
    pool: () => memory.pool(),
    profiles: () => memory.profiles(),
    catalogue: (accountKey) => store.catalogue(accountKey),
    credential: (profileId) => memory.credential(profileId),
    generation: (profileId) => store.generation(profileId),
    accountState: (accountKey) => memory.accountState(accountKey),
    mergeWindows: (accountKey, windows) => observe({ accountKey, windows }),
    writeCredits: (accountKey, credits) => observe({ accountKey, credits }),
    writeTokensPerPercent: (accountKey, tokensPerPercent) => observe({ accountKey, tokensPerPercent }),
    writeFacts: (facts) => facts.forEach(observe),
    close: () => memory.close(),
    setCooldown: (accountKey, cooldown) => memory.changeCooldown({ accountKey, kind: "set", cooldown }),
    clearCooldown: (accountKey, model) => memory.changeCooldown({ accountKey, kind: "clear", model }),
  };
}

const NO_FACTS = { windows: [], credits: null, tokensPerPercent: null } as const;

function isSameWindow(one: QuotaWindow, other: QuotaWindow): boolean {
  return one.limit === other.limit && one.minutes === other.minutes;
}

/** Of two observations of a window the later one counts, but for what a clock that was set back left in the future. */
function mergeWindows(known: readonly QuotaWindow[], seen: readonly QuotaWindow[]): readonly QuotaWindow[] {
  if (seen.length === 0) return known;
  const isReplaced = (window: QuotaWindow) =>
    seen.some((other) => isSameWindow(window, other) && replacesObservation(other.observedAtMs, window.observedAtMs));
  const kept = known.filter((window) => !isReplaced(window));
  const news = seen.filter((window) => !kept.some((other) => isSameWindow(window, other)));
  return [...kept, ...news];
}

function mergeCredits(known: Credits | null, seen: Credits | null): Credits | null {
  if (seen === null || known === null) return seen ?? known;
  return replacesObservation(seen.observedAtMs, known.observedAtMs) ? seen : known;
}

function withFacts(state: AccountState, facts: AccountFacts): AccountState {
  return {
    ...state,
    windows: mergeWindows(state.windows, facts.windows),
    credits: mergeCredits(state.credits, facts.credits),
    tokensPerPercent: facts.tokensPerPercent ?? state.tokensPerPercent,
  };
}

function mergeFacts(before: AccountFacts | undefined, facts: AccountFacts): AccountFacts {
  if (before === undefined) return facts;
  return {
    accountKey: facts.accountKey,
    windows: mergeWindows(before.windows, facts.windows),
    credits: mergeCredits(before.credits, facts.credits),
    tokensPerPercent: facts.tokensPerPercent ?? before.tokensPerPercent,
  };
}
