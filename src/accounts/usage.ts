/**
 * How much has an account used?
 *
 * Owns asking the usage endpoint and writing down what it says. A cooldown is a hint: `usage-evidence.ts` says which of
 * them fresh usage disproves, and those are cleared here.
 */
import type { Endpoints, ProfileRecord, SettingsStore } from "../ports.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { parseUsage, type UsageReading } from "../protocol/quota.ts";
import { type AccountDesk, askAsAccount } from "./ask-as-account.ts";
import { cooldownsDisproved, windowsToWrite } from "./usage-evidence.ts";

export type FetchedUsage =
  | { readonly kind: "usage"; readonly usage: UsageReading }
  /** API keys have no such endpoint. */
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly reason: string };

export interface UsageDesk extends AccountDesk {
  readonly endpoints: Endpoints;
}

/** Asks upstream once (twice when the token had to be renewed). Rejects only with the reason of `signal`. */
export async function fetchUsage(desk: UsageDesk, profile: ProfileRecord, signal: AbortSignal): Promise<FetchedUsage> {
  if (profile.kind === "api-key") return { kind: "none" };
  const answer = await askAsAccount(desk, profile.id, () => `${desk.endpoints.chatgptUrl}/wham/usage`, signal);
  if (answer.kind === "failed") return answer;
  if (answer.status !== 200) return { kind: "failed", reason: `status-${answer.status}` };
  const usage = parseUsage(parseJson(answer.text), desk.wire.clock.now());
  return usage === null ? { kind: "failed", reason: "broken-answer" } : { kind: "usage", usage };
}

/**
 * Writes a reading down for the account and clears the cooldowns it disproves. `askedAtMs`: when upstream was asked. What
 * a turn saw, and a cooldown that was set, while the answer was on its way is later evidence and stays.
 */
export function recordUsage(
  settings: SettingsStore,
  accountKey: string,
  answer: UsageReading,
  askedAtMs: number,
): void {
  const usage = dateFrom(answer, askedAtMs);
  settings.mergeWindows(accountKey, windowsToWrite(settings.accountState(accountKey).windows, usage));
  if (usage.credits !== null) settings.writeCredits(accountKey, usage.credits);
  for (const cooldown of cooldownsDisproved(settings.accountState(accountKey).cooldowns, usage, askedAtMs)) {
    settings.clearCooldown(accountKey, cooldown.model);
  }
  for (const profile of settings.profiles()) {
    const isNews = profile.accountKey === accountKey && usage.plan !== null && profile.plan !== usage.plan;
    if (isNews) settings.updateProfile(profile.id, { plan: usage.plan });
  }
}

/** Upstream may have counted at any moment since it was asked: the earliest is what is certain. */
function dateFrom(usage: UsageReading, observedAtMs: number): UsageReading {
  const windows = usage.windows.map((window) => ({ ...window, observedAtMs }));
  return { ...usage, windows, credits: usage.credits === null ? null : { ...usage.credits, observedAtMs } };
}

/** Both at once, for one profile: what `profile refresh` and the poller do. */
export async function refreshUsage(
  desk: UsageDesk & { readonly settings: SettingsStore },
  profile: ProfileRecord,
  signal: AbortSignal,
): Promise<FetchedUsage> {
  const askedAtMs = desk.wire.clock.now();
  const fetched = await fetchUsage(desk, profile, signal);
  if (fetched.kind === "usage") recordUsage(desk.settings, profile.accountKey, fetched.usage, askedAtMs);
  return fetched;
}
