/** What do the settings say of the pool? Read anew only when some process has changed them; what is true of accounts is not kept. */
import type { PoolSettings, ProfileRecord, SettingsStore } from "../ports.ts";
import type { Candidate } from "./rules/candidate.ts";

export interface StoredPool {
  readonly settings: PoolSettings;
  readonly profiles: readonly ProfileRecord[];
  /** As the store has them; what is live is still to be put in. */
  readonly candidates: readonly Candidate[];
}

export class PoolReader {
  readonly #settings: SettingsStore;
  readonly #offeredModels: (accountKey: string) => ReadonlySet<string> | null;
  #read: (StoredPool & { readonly version: number }) | null = null;

  constructor(settings: SettingsStore, offeredModels: (accountKey: string) => ReadonlySet<string> | null) {
    this.#settings = settings;
    this.#offeredModels = offeredModels;
  }

  read(): StoredPool {
    const version = this.#settings.shapeVersion();
    if (this.#read?.version === version) return this.#read;
    const profiles = this.#settings.profiles();
    const candidates = profiles.map((profile) => this.#candidateOf(profile));
    this.#read = { version, settings: this.#settings.pool(), profiles, candidates };
    return this.#read;
  }

  #candidateOf(profile: ProfileRecord): Candidate {
    const { signIn } = profile;
    return {
      profileId: profile.id,
      name: profile.name,
      kind: profile.kind,
      accountKey: profile.accountKey,
      workspaceId: profile.workspaceId,
      plan: profile.plan,
      selected: profile.selected,
      signInNeeded: signIn.state === "needed" ? { reason: signIn.reason, sinceMs: signIn.sinceMs } : null,
      reservePercent: profile.reservePercent,
      state: this.#settings.accountState(profile.accountKey),
      models: this.#offeredModels(profile.accountKey),
      inFlight: 0,
      boundSessions: 0,
    };
  }
}
