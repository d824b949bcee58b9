/**
 * Question: how does an account come into the simulated world?
 * Owns the making of accounts and the credentials they hand out.
 * Must not answer requests.
 */
import type {
  ApiKeyAccountOptions,
  AuthJson,
  ChatgptAccountOptions,
  SimAccount,
  SimApiKeyAccount,
  SimChatgptAccount,
} from "./account.ts";
import { modelsOfPlan, SIM_MODELS } from "./catalogue.ts";
import { CODEX_CLIENT_ID, ISSUER, type TokenIdentity } from "./logins.ts";
import type { SimQuota, SimWindow } from "./quota.ts";
import { drawHex, drawSecret, drawUuid } from "./rng.ts";
import { createRuleBook, openScript, type RuleBook } from "./script.ts";
import type { World } from "./world.ts";

const FIVE_HOURS_MINUTES = 300;
const WEEK_MINUTES = 10_080;
const MINUTE_MS = 60_000;
const USUAL_PERCENT_PER_TURN = 0.001;

/** Adds a ChatGPT account to the world. Throws when the name or the seat (account id and user id) exists already. */
export function addChatgptAccount(world: World, options: ChatgptAccountOptions): SimChatgptAccount {
  const rules = openRules(world, options.name);
  const plan = options.plan ?? "plus";
  const account: SimChatgptAccount = {
    kind: "chatgpt",
    name: options.name,
    accountId: options.accountId ?? drawUuid(world.rng),
    userId: options.userId ?? `user-${drawSecret(world.rng, 24)}`,
    email: options.email ?? `${options.name}@example.com`,
    orgId: options.orgId ?? `org-${drawHex(world.rng, 24)}`,
    script: openScript(rules),
    models: [...(options.models ?? modelsOfPlan(plan))],
    turnsPerMinute: options.turnsPerMinute ?? null,
    plan,
    state: "ok",
    quota: openQuota(world, options),
    percentPerTurn: options.percentPerTurn ?? USUAL_PERCENT_PER_TURN,
    percentPerThousandTokens: options.percentPerThousandTokens ?? 0,
    fedramp: options.fedramp ?? false,
    opaqueTokens: options.opaqueTokens ?? false,
    checkEntries: null,
    routing: { workspaceBackendOrigin: "NO_CONSTRAINT", accountRoutingOverride: "NO_CONSTRAINT" },
    usageOverride: null,
    login: () => world.logins.open(identityOf(account)),
    authJson: () => chatgptAuthJson(world, account),
    personalAuthJson: () => ({
      OPENAI_API_KEY: null,
      personal_access_token: world.logins.openPersonal(identityOf(account)),
    }),
    setUsed: (percent, slot = "primary") => setUsed(account, percent, slot),
    expireAccessTokens: () => world.logins.revokeAccessTokens(account.name),
    endLogins: () => world.logins.killLogins(account.name),
    currentRefreshTokens: () => world.logins.currentRefreshTokens(account.name),
  };
  refuseSecondSeat(world, account);
  keepAccount(world, account, rules);
  return account;
}

/** Adds an API key to the world. Throws when the name exists already. */
export function addApiKeyAccount(world: World, options: ApiKeyAccountOptions): SimApiKeyAccount {
  const rules = openRules(world, options.name);
  const apiKey = options.apiKey ?? `sk-proj-${drawSecret(world.rng, 64)}`;
  const account: SimApiKeyAccount = {
    kind: "api-key",
    name: options.name,
    orgId: options.orgId ?? `org-${drawHex(world.rng, 24)}`,
    script: openScript(rules),
    models: [...(options.models ?? SIM_MODELS.filter((entry) => !entry.hidden).map((entry) => entry.slug))],
    turnsPerMinute: options.turnsPerMinute ?? null,
    apiKey,
    state: "ok",
    authJson: () => ({ auth_mode: "apikey", OPENAI_API_KEY: apiKey }),
  };
  keepAccount(world, account, rules);
  return account;
}

/** Whom this account's tokens speak of. */
export function identityOf(account: SimChatgptAccount): TokenIdentity {
  return {
    account: account.name,
    accountId: account.accountId,
    userId: account.userId,
    email: account.email,
    plan: account.plan,
    orgId: account.orgId,
    fedramp: account.fedramp,
    opaque: account.opaqueTokens,
  };
}

function openRules(world: World, name: string): RuleBook {
  if (world.accounts.has(name)) throw new Error(`simulator: an account called "${name}" exists already`);
  return createRuleBook("account");
}

function keepAccount(world: World, account: SimAccount, rules: RuleBook): void {
  world.accounts.set(account.name, account);
  world.rules.set(account.name, rules);
}

function refuseSecondSeat(world: World, added: SimChatgptAccount): void {
  for (const known of world.accounts.values()) {
    if (known.kind !== "chatgpt" || known.accountId !== added.accountId || known.userId !== added.userId) continue;
    throw new Error(`simulator: this seat is "${known.name}" already; call its authJson() again for a second login`);
  }
}

function openQuota(world: World, options: ChatgptAccountOptions): SimQuota {
  const usual = {
    primary: freshWindow(world, FIVE_HOURS_MINUTES),
    secondary: freshWindow(world, WEEK_MINUTES),
  };
  return {
    windows: { ...(options.windows ?? usual) },
    credits: { ...(options.credits ?? { hasCredits: false, unlimited: false, balance: 0 }) },
    extraLimits: [...(options.extraLimits ?? [])],
    activeLimit: "codex",
    reachedType: null,
    promoMessage: null,
    resetCredits: 0,
  };
}

function freshWindow(world: World, minutes: number): SimWindow {
  return { minutes, usedPercent: 0, resetsAtMs: world.clock.now() + minutes * MINUTE_MS };
}

function setUsed(account: SimChatgptAccount, percent: number, slot: "primary" | "secondary"): void {
  const window = account.quota.windows[slot];
  if (window === null) throw new Error(`simulator: "${account.name}" has no ${slot} window`);
  window.usedPercent = percent;
}

function chatgptAuthJson(world: World, account: SimChatgptAccount): AuthJson {
  const tokens = account.login();
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: account.accountId,
      oauth_provenance: { issuer: ISSUER, client_id: CODEX_CLIENT_ID },
      login_owner_id: drawSecret(world.rng, 43),
    },
    last_refresh: new Date(world.clock.now()).toISOString(),
  };
}
