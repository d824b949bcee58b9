/**
 * Question: what does the ChatGPT backend tell about an account?
 * Owns usage, workspace routing, reset credits and the model list.
 * Must not run turns.
 */
import type { SimChatgptAccount } from "./account.ts";
import { catalogueAnswer, catalogueTag, platformModels } from "./catalogue.ts";
import type { JsonObject } from "./content.ts";
import { admitApiKey, admitChatgpt } from "./credentials.ts";
import { jsonAnswer } from "./json-answer.ts";
import { type SimWindow, usageAnswer } from "./quota.ts";
import type { Call, World } from "./world.ts";

/** Answers `GET …/wham/usage`. */
export function answerUsage(world: World, call: Call): Response {
  return forChatgpt(
    world,
    call,
    (account) => account.usageOverride ?? usageAnswer(account.quota, account, world.clock.now()),
  );
}

/** Answers `GET …/wham/accounts/check`. */
export function answerAccountsCheck(world: World, call: Call): Response {
  return forChatgpt(world, call, (account) => ({
    accounts: account.checkEntries ?? [checkEntry(account)],
    account_ordering: [account.accountId],
    default_account_id: account.accountId,
  }));
}

/** Answers `GET …/wham/rate-limit-reset-credits`. */
export function answerResetCredits(world: World, call: Call): Response {
  return forChatgpt(world, call, (account) => ({
    credits: Array.from({ length: account.quota.resetCredits }, (_, index) => resetCredit(world, account, index)),
    available_count: account.quota.resetCredits,
  }));
}

/** Answers `POST …/consume`: spends one credit and empties the account's windows. */
export function answerConsumeResetCredit(world: World, call: Call): Response {
  return forChatgpt(world, call, (account) => {
    if (account.quota.resetCredits === 0) return { code: "no_credit", windows_reset: 0, credit: null };
    const { primary, secondary } = account.quota.windows;
    const used = [primary, secondary].filter((window) => window !== null && window.usedPercent > 0);
    if (used.length === 0) return { code: "nothing_to_reset", windows_reset: 0, credit: null };
    account.quota.resetCredits -= 1;
    for (const window of used) emptyWindow(window);
    const credit = { ...resetCredit(world, account, account.quota.resetCredits), status: "redeemed" };
    return { code: "reset", windows_reset: used.length, credit };
  });
}

/** Answers `GET …/codex/models`, also for an API key. */
export function answerChatgptModels(world: World, call: Call): Response {
  const version = call.url.searchParams.get("client_version") ?? "0.0.0";
  const admission = call.account?.kind === "api-key" ? admitApiKey(call) : admitChatgpt(world, call);
  if (admission.kind === "refused") return admission.answer;
  const { models } = admission.account;
  const etag = catalogueTag(models, world.settings.catalogueEdition);
  return jsonAnswer(200, catalogueAnswer(models, version), { etag });
}

/** Answers `GET /v1/models`. */
export function answerPlatformModels(call: Call): Response {
  const admission = admitApiKey(call);
  if (admission.kind === "refused") return admission.answer;
  return jsonAnswer(200, platformModels(admission.account.models));
}

function forChatgpt(world: World, call: Call, tell: (account: SimChatgptAccount) => JsonObject): Response {
  const admission = admitChatgpt(world, call);
  return admission.kind === "refused" ? admission.answer : jsonAnswer(200, tell(admission.account));
}

function checkEntry(account: SimChatgptAccount): JsonObject {
  return {
    id: account.accountId,
    account_user_id: `${account.userId}__${account.accountId}`,
    plan_type: account.plan,
    workspace_backend_origin: account.routing.workspaceBackendOrigin,
    account_routing_override: account.routing.accountRoutingOverride,
  };
}

function resetCredit(world: World, account: SimChatgptAccount, index: number): JsonObject {
  return {
    id: `rlrc_${account.name}_${index}`,
    reset_type: "rate_limit",
    status: "available",
    granted_at: new Date(world.clock.now()).toISOString(),
    expires_at: null,
    title: "Usage reset",
    description: "Empties the account's usage windows once.",
  };
}

function emptyWindow(window: SimWindow | null): void {
  if (window !== null) window.usedPercent = 0;
}
