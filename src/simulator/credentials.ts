/**
 * Question: whose call is this, and may they call?
 * Owns the reading of the Bearer, the check that token and account id belong together, and the refusals of bad accounts.
 * Must not judge bodies or quota.
 */
import type { SimAccount, SimChatgptAccount } from "./account.ts";
import type { JsonObject } from "./content.ts";
import { type HttpFailureName, httpFailureNamed } from "./failures.ts";
import { errorAnswer, failureAnswer } from "./json-answer.ts";
import { noteViolation } from "./record.ts";
import type { Call, World } from "./world.ts";

/** The account behind a request, or null. Looks only; an expired or revoked token still names its account. */
export function findAccount(world: World, headers: Headers, path: string, body: JsonObject): SimAccount | null {
  if (path === "/oauth/token") return findByRefreshToken(world, body);
  const bearer = bearerOf(headers);
  if (bearer === null) return null;
  const name = world.logins.access(bearer)?.account;
  if (name !== undefined) return world.accounts.get(name) ?? null;
  return findByApiKey(world, bearer);
}

export function bearerOf(headers: Headers): string | null {
  const header = headers.get("authorization");
  return header?.startsWith("Bearer ") ? header.slice("Bearer ".length) : null;
}

function findByRefreshToken(world: World, body: JsonObject): SimAccount | null {
  if (typeof body["refresh_token"] !== "string") return null;
  const name = world.logins.owner(body["refresh_token"]);
  return name === null ? null : (world.accounts.get(name) ?? null);
}

function findByApiKey(world: World, bearer: string): SimAccount | null {
  for (const account of world.accounts.values()) {
    if (account.kind === "api-key" && account.apiKey === bearer) return account;
  }
  return null;
}

export type Admission<Account> =
  | { readonly kind: "admitted"; readonly account: Account }
  | { readonly kind: "refused"; readonly answer: Response };

/** Admits a call to the ChatGPT backend: a live token, its own account id, an account in good standing. */
export function admitChatgpt(world: World, call: Call): Admission<SimChatgptAccount> {
  const bearer = bearerOf(call.request.headers);
  if (bearer === null) return refuse("unauthorized");
  if (call.account?.kind !== "chatgpt") {
    noteViolation(world.evidence, call.record, "unknown-token", null, "a Bearer the simulator never issued");
    return refuse("unauthorized");
  }
  const account = call.account;
  const foreign = foreignAccountId(call, account);
  if (foreign !== null) {
    const note = `token of "${account.name}" travelled with account id ${foreign}`;
    noteViolation(world.evidence, call.record, "foreign-account-id", account.name, note);
    return refuse("unauthorized");
  }
  const standing = judgeStanding(world, account, bearer);
  return standing === null ? { kind: "admitted", account } : refuse(standing);
}

/** Admits a call to the API platform: a known key in good standing. */
export function admitApiKey(call: Call): Admission<Extract<SimAccount, { kind: "api-key" }>> {
  if (call.account?.kind === "api-key" && call.account.state === "ok")
    return { kind: "admitted", account: call.account };
  if (bearerOf(call.request.headers) === null) {
    const message = "You didn't provide an API key.";
    return { kind: "refused", answer: errorAnswer(401, { code: null, message }) };
  }
  return refuse("invalid-api-key");
}

/** The account id that was sent, when it is not the account's own. A missing one is told apart as "(none)". */
function foreignAccountId(call: Call, account: SimChatgptAccount): string | null {
  const sent = call.request.headers.get("chatgpt-account-id");
  if (sent === account.accountId) return null;
  return sent ?? "(none)";
}

function judgeStanding(world: World, account: SimChatgptAccount, bearer: string): HttpFailureName | null {
  if (account.state === "deactivated") return "account-deactivated";
  if (account.state === "login-invalidated") return "token-invalidated";
  if (isWorkspaceClosed(world, account)) return "deactivated-workspace";
  const facts = world.logins.access(bearer);
  const dead = facts === null || facts.revoked || facts.expiresAtMs <= world.clock.now();
  return dead ? "token-expired" : null;
}

/** A closed workspace is closed for all its seats. */
function isWorkspaceClosed(world: World, account: SimChatgptAccount): boolean {
  for (const seat of world.accounts.values()) {
    if (seat.kind !== "chatgpt" || seat.accountId !== account.accountId) continue;
    if (seat.state === "workspace-deactivated") return true;
  }
  return false;
}

function refuse(name: HttpFailureName): { kind: "refused"; answer: Response } {
  return { kind: "refused", answer: failureAnswer(httpFailureNamed(name)) };
}
