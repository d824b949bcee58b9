/**
 * Who really had room? Read from the simulator alone, never from what the product believes, so that a refusal can be
 * judged: it is a defect when some account had room for longer than the product may need to notice.
 */
import { LIMITS } from "../../src/limits.ts";
import type { ProfileRecord } from "../../src/ports.ts";
import type { SimAccount, SimChatgptAccount } from "../../src/simulator/account.ts";
import { exhaustedUntil, windowsFor } from "../../src/simulator/quota.ts";
import type { SimRequest } from "../../src/simulator/record.ts";
import { MINUTE_MS, SECOND_MS } from "./clock-units.ts";
import { profileNamesOf } from "./misfortunes.ts";
import type { Misfortune } from "./plan.ts";
import type { Pool } from "./pool.ts";

/** How often the truth is looked at. */
export const LOOK_EVERY_MS = 20 * SECOND_MS;
/** How long the product may need to notice that an account is well again: its own proof, and our own last look. */
export const GRACE_MS = 2 * LIMITS.probeAfterMs + LOOK_EVERY_MS + 10 * SECOND_MS;
/** A refresh that failed is tried again after a growing pause of up to five minutes. */
const TOKEN_GRACE_MS = 7 * MINUTE_MS;
const KEY_REFUSALS_APART_MS = 30 * SECOND_MS;
/** Upstream tells whole percents. */
const ROUNDING_PERCENT = 1;
/** Refusals of the token endpoint that end a sign-in by upstream's own word. */
const FATAL_REFRESH = /^refresh-(token-|app-|account-|unauthorized|invalid-grant)/;

interface SavedSignIn {
  readonly profile: ProfileRecord;
  readonly refreshToken: string | null;
}

export class Truth {
  readonly #pool: Pool;
  readonly #models: readonly string[];
  /** When an account was last seen without room for a model; by account and model. */
  readonly #noRoomAtMs = new Map<string, number>();
  readonly #polledAtMs = new Map<string, number>();
  readonly #keyRefusedAtMs = new Map<string, number>();
  readonly #troubleAtMs = new Map<string, number>();
  readonly #tokenTroubleAtMs = new Map<string, number>();
  /** Accounts whose sign-in upstream has declared dead without its being so. */
  readonly #declaredDead = new Set<string>();
  readonly #outages: { account: string | null; untilMs: number }[] = [];
  #saved: { readonly version: number; readonly signIns: readonly SavedSignIn[] } | null = null;
  #lastRecordId = 0;
  #open: SimRequest[] = [];

  constructor(pool: Pool, models: readonly string[]) {
    this.#pool = pool;
    this.#models = models;
  }

  noteMisfortune(misfortune: Misfortune): void {
    if (misfortune.kind !== "outage") return;
    this.#outages.push({ account: misfortune.account, untilMs: this.#pool.clock.now() + misfortune.lastsMs });
  }

  /** The owner has signed in again. */
  noteSignIn(account: string): void {
    this.#declaredDead.delete(account);
  }

  /** Looks at every account and at every call since the last look. */
  look(): void {
    const nowMs = this.#pool.clock.now();
    this.#readRecords();
    for (const account of this.#pool.sim.accounts) {
      for (const model of this.#models) {
        const why = this.whyNoRoom(account, model);
        if (why !== null) this.#noRoomAtMs.set(`${account.name} ${model}`, nowMs);
      }
    }
  }

  /** Since when the account has had room for the model without a break; null while it has none. */
  roomSince(account: SimAccount, model: string): number | null {
    if (this.whyNoRoom(account, model) !== null) return null;
    const { name } = account;
    const tokenMs = this.#tokenTroubleAtMs.get(name);
    return Math.max(
      this.#noRoomAtMs.get(`${name} ${model}`) ?? 0,
      this.#troubleAtMs.get(name) ?? 0,
      tokenMs === undefined ? 0 : tokenMs + TOKEN_GRACE_MS - GRACE_MS,
    );
  }

  /** Whether this account should have served a turn that was refused just now. */
  hadRoom(account: SimAccount, model: string): boolean {
    const sinceMs = this.roomSince(account, model);
    if (sinceMs === null || this.#pool.clock.now() - sinceMs <= GRACE_MS) return false;
    // What an owner keeps back is not touched to find out: only the usage endpoint tells that there is more again.
    const isProvable = this.#usableProfiles(account).some((profile) => profile.reservePercent <= 0);
    return isProvable || (this.#polledAtMs.get(account.name) ?? 0) > sinceMs;
  }

  whyNoRoom(account: SimAccount, model: string): string | null {
    const nowMs = this.#pool.clock.now();
    const usable = this.#usableProfiles(account);
    if (usable.length === 0) return "nobody signed in";
    if (!account.models.includes(model)) return "model";
    if (this.#outages.some((out) => out.untilMs > nowMs && (out.account ?? account.name) === account.name)) {
      return "outage";
    }
    if (this.#isRateLimited(account)) return "rate";
    if (account.kind === "api-key") return null;
    return this.#whyNoQuota(account, model, usable);
  }

  #whyNoQuota(account: SimChatgptAccount, model: string, usable: readonly ProfileRecord[]): string | null {
    const nowMs = this.#pool.clock.now();
    const windows = windowsFor(account.quota, model);
    const live = windows.map((window) => (window.resetsAtMs <= nowMs ? { ...window, usedPercent: 0 } : window));
    const rolled = { ...account.quota, windows: { primary: live[0] ?? null, secondary: live[1] ?? null } };
    if (exhaustedUntil(rolled, model) !== null) return "quota";
    const left = Math.min(100, ...live.map((window) => 100 - window.usedPercent));
    const isKeptBack = usable.every(
      ({ reservePercent }) => reservePercent > 0 && left <= reservePercent + ROUNDING_PERCENT,
    );
    return isKeptBack ? "reserve" : null;
  }

  /** Selected profiles whose sign-in upstream still honours, or would after a refresh. */
  #usableProfiles(account: SimAccount): ProfileRecord[] {
    if (account.state !== "ok" || this.#declaredDead.has(account.name) || this.#isWorkspaceClosed(account)) return [];
    const names = profileNamesOf(account.name);
    const saved = this.#signIns().filter(({ profile }) => profile.selected && names.includes(profile.name));
    if (account.kind === "api-key" || saved.length === 0) return saved.map((entry) => entry.profile);
    const living = account.currentRefreshTokens();
    return saved
      .filter(({ refreshToken }) => refreshToken !== null && living.includes(refreshToken))
      .map((entry) => entry.profile);
  }

  #isWorkspaceClosed(account: SimAccount): boolean {
    if (account.kind === "api-key") return false;
    return this.#pool.sim.accounts.some(
      (seat) =>
        seat.kind === "chatgpt" && seat.accountId === account.accountId && seat.state === "workspace-deactivated",
    );
  }

  /** Opening a credential costs something, so they are read again only after a change. */
  #signIns(): readonly SavedSignIn[] {
    const { settings } = this.#pool;
    const version = settings.version();
    if (this.#saved?.version === version) return this.#saved.signIns;
    const signIns = settings.profiles().map((profile) => {
      const credential = settings.credential(profile.id)?.credential;
      return { profile, refreshToken: credential?.kind === "chatgpt" ? credential.refreshToken : null };
    });
    this.#saved = { version, signIns };
    return signIns;
  }

  #isRateLimited(account: SimAccount): boolean {
    if (account.turnsPerMinute === null) return false;
    const sinceMs = this.#pool.clock.now() - MINUTE_MS;
    const recent = this.#pool.sim.acceptedGenerations.filter((accepted) => accepted.at > sinceMs);
    return recent.filter((accepted) => accepted.account === account.name).length >= account.turnsPerMinute;
  }

  #readRecords(): void {
    const { requests } = this.#pool.sim;
    const fresh: SimRequest[] = [];
    for (let index = requests.length - 1; index >= 0; index -= 1) {
      const record = requests[index];
      if (record === undefined || record.id <= this.#lastRecordId) break;
      fresh.push(record);
    }
    this.#lastRecordId = requests.at(-1)?.id ?? this.#lastRecordId;
    const looked = [...this.#open, ...fresh];
    for (const record of looked) this.#noteRecord(record);
    this.#open = looked.filter((record) => record.outcome === "open");
  }

  #noteRecord(record: SimRequest): void {
    if (record.account === null) return;
    const atMs = record.endedAt ?? this.#pool.clock.now();
    const isBad = record.fault !== null || (record.status ?? 0) >= 400;
    if (record.endpoint === "usage" && !isBad && record.status === 200) this.#polledAtMs.set(record.account, atMs);
    if (!isBad) return;
    if (record.endpoint === "responses") this.#noteRefusal(record, record.account, atMs);
    if (record.endpoint !== "refresh") return;
    this.#tokenTroubleAtMs.set(record.account, atMs);
    if (FATAL_REFRESH.test(record.fault ?? "")) this.#declaredDead.add(record.account);
  }

  #noteRefusal(record: SimRequest, name: string, atMs: number): void {
    this.#troubleAtMs.set(name, atMs);
    const account = this.#pool.sim.accounts.find((candidate) => candidate.name === name);
    // A key cannot be renewed: two refusals that are not of one moment are upstream's word.
    if (account?.kind === "api-key" && record.status === 401) {
      const before = this.#keyRefusedAtMs.get(name) ?? atMs;
      this.#keyRefusedAtMs.set(name, before);
      if (atMs - before >= KEY_REFUSALS_APART_MS) this.#declaredDead.add(name);
    }
    if (account?.kind !== "chatgpt" || !/^workspace-/.test(record.fault ?? "")) return;
    for (const seat of this.#pool.sim.accounts) {
      if (seat.kind === "chatgpt" && seat.accountId === account.accountId) this.#troubleAtMs.set(seat.name, atMs);
    }
  }
}
