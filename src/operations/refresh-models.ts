/** Asks every account of the pool for its list of models now. */
import { Type } from "typebox";
import { fetchCatalogue } from "../accounts/catalogue.ts";
import type { ProfileRecord } from "../ports.ts";
import { readNameTable } from "./name-table.ts";
import { type Desk, defineOperation, OperationError } from "./operation.ts";
import { NoInput, nullable } from "./shapes.ts";

const AccountResult = Type.Object({
  profile: Type.String(),
  outcome: Type.Enum(["fetched", "kept"]),
  models: Type.Number(),
  reason: nullable(Type.String()),
});

/** One profile for each account: two sign-ins of one account have one list. */
function oneForEachAccount(profiles: readonly ProfileRecord[]): ProfileRecord[] {
  const byAccount = new Map<string, ProfileRecord>();
  for (const profile of profiles) {
    if (profile.selected && !byAccount.has(profile.accountKey)) byAccount.set(profile.accountKey, profile);
  }
  return [...byAccount.values()];
}

async function refreshOne(desk: Desk, profile: ProfileRecord) {
  const wire = { upstream: desk.upstream(), clock: desk.clock };
  const accounts = { settings: desk.settings(), tokens: desk.tokens(), wire };
  const fetched = await fetchCatalogue(accounts, profile, new AbortController().signal);
  const models = fetched.catalogue?.models.length ?? 0;
  return {
    profile: profile.name,
    outcome: fetched.kind,
    models,
    reason: fetched.kind === "fetched" ? null : fetched.reason,
  };
}

export const refreshModels = defineOperation({
  name: "account-pool.models.refresh",
  summary: "Read the lists of models from upstream now",
  input: NoInput,
  output: Type.Object({ accounts: Type.Array(AccountResult), models: Type.Number() }),
  changes: true,
  async run(desk) {
    const settings = desk.settings();
    const profiles = oneForEachAccount(settings.profiles());
    if (profiles.length === 0) {
      const hint = "Add one with: codexuse account-pool profiles add <profile>";
      throw new OperationError("failed", "No profile is in the pool, so there is no list to read.", hint);
    }
    const accounts = [];
    for (const profile of profiles) accounts.push(await refreshOne(desk, profile));
    if (accounts.every((account) => account.outcome === "kept")) {
      const reasons = accounts.map(({ profile, reason }) => `${profile}: ${reason}`).join("; ");
      throw new OperationError("failed", `No list could be read (${reasons}).`, "The last good lists stay in force.");
    }
    return { accounts, models: readNameTable(settings).models.length };
  },
});
