/**
 * Question: which tokens are alive, and whose are they?
 * Owns every login's chain of single-use refresh tokens, the access tokens, and what reuse of a spent token does.
 * Must not speak HTTP: `oauth.ts` turns its answers into status codes.
 */
import type { Clock, Rng } from "../ports.ts";
import type { JsonObject } from "./content.ts";
import { drawHex, drawSecret } from "./rng.ts";

export const CODEX_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
export const ISSUER = "https://auth.openai.com";

export interface LoginTokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
}

/** Whom the tokens speak of. */
export interface TokenIdentity {
  readonly account: string;
  readonly accountId: string;
  readonly userId: string;
  readonly email: string;
  readonly plan: string;
  readonly orgId: string;
  readonly fedramp: boolean;
  /** Opaque access tokens carry no readable expiry. */
  readonly opaque: boolean;
}

export interface AccessTokenFacts {
  readonly account: string;
  readonly loginId: string;
  readonly expiresAtMs: number;
  revoked: boolean;
}

interface RefreshTokenFacts {
  readonly account: string;
  readonly loginId: string;
  spent: boolean;
}

export type RefreshVerdict =
  | { readonly kind: "live"; readonly account: string; readonly loginId: string }
  | { readonly kind: "reused"; readonly account: string }
  | { readonly kind: "dead"; readonly account: string }
  | { readonly kind: "unknown" };

export interface LoginBookOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly accessTokenTtlMs: number;
  readonly idTokenTtlMs: number;
  readonly reuseKillsFamily: boolean;
}

export interface LoginBook {
  /** A fresh sign-in: a chain of its own. */
  open(who: TokenIdentity): LoginTokens;
  /** The next pair of a chain; the refresh token given is spent from now on. */
  rotate(refreshToken: string, who: TokenIdentity): LoginTokens;
  /** What this refresh token is good for. Judging a spent token kills its family if so set. */
  judge(refreshToken: string): RefreshVerdict;
  access(accessToken: string): AccessTokenFacts | null;
  /** Whose refresh token this is, alive or not; null when it was never issued. */
  owner(refreshToken: string): string | null;
  /** A lasting Bearer (personal access token). */
  openPersonal(who: TokenIdentity): string;
  /** Ends the chain this token belongs to. */
  revoke(refreshToken: string): void;
  revokeAccessTokens(account: string): void;
  killLogins(account: string): void;
  /** The token at the end of each living chain of the account: what a store must hold. */
  currentRefreshTokens(account: string): string[];
}

interface Book {
  readonly options: LoginBookOptions;
  readonly access: Map<string, AccessTokenFacts>;
  readonly refresh: Map<string, RefreshTokenFacts>;
  readonly killed: Set<string>;
}

export function createLoginBook(options: LoginBookOptions): LoginBook {
  const book: Book = { options, access: new Map(), refresh: new Map(), killed: new Set() };
  return {
    open: (who) => issue(book, who, `login_${drawHex(options.rng, 16)}`),
    rotate: (refreshToken, who) => rotate(book, refreshToken, who),
    judge: (refreshToken) => judge(book, refreshToken),
    access: (accessToken) => book.access.get(accessToken) ?? null,
    owner: (refreshToken) => book.refresh.get(refreshToken)?.account ?? null,
    openPersonal: (who) => openPersonal(book, who),
    revoke: (refreshToken) => killChain(book, book.refresh.get(refreshToken)?.loginId ?? null),
    revokeAccessTokens: (account) => revokeAccess(book, account),
    killLogins: (account) => killAccount(book, account),
    currentRefreshTokens: (account) => currentRefreshTokens(book, account),
  };
}

function issue(book: Book, who: TokenIdentity, loginId: string): LoginTokens {
  const { clock, rng, accessTokenTtlMs } = book.options;
  const nowMs = clock.now();
  const accessToken = who.opaque ? `eyOpaque${drawSecret(rng, 64)}` : accessJwt(book.options, who, nowMs);
  const refreshToken = `rt.1.${drawSecret(rng, 86)}`;
  book.access.set(accessToken, {
    account: who.account,
    loginId,
    expiresAtMs: nowMs + accessTokenTtlMs,
    revoked: false,
  });
  book.refresh.set(refreshToken, { account: who.account, loginId, spent: false });
  const expiresInSeconds = Math.floor(accessTokenTtlMs / 1000);
  return { idToken: idJwt(book.options, who, nowMs), accessToken, refreshToken, expiresInSeconds };
}

function rotate(book: Book, refreshToken: string, who: TokenIdentity): LoginTokens {
  const facts = book.refresh.get(refreshToken);
  if (facts === undefined) throw new Error("simulator: cannot rotate a refresh token that was never issued");
  facts.spent = true;
  return issue(book, who, facts.loginId);
}

function judge(book: Book, refreshToken: string): RefreshVerdict {
  const facts = book.refresh.get(refreshToken);
  if (facts === undefined) return { kind: "unknown" };
  if (facts.spent) {
    if (book.options.reuseKillsFamily) killChain(book, facts.loginId);
    return { kind: "reused", account: facts.account };
  }
  if (book.killed.has(facts.loginId)) return { kind: "dead", account: facts.account };
  return { kind: "live", account: facts.account, loginId: facts.loginId };
}

function openPersonal(book: Book, who: TokenIdentity): string {
  const token = `at-${drawSecret(book.options.rng, 48)}`;
  book.access.set(token, {
    account: who.account,
    loginId: token,
    expiresAtMs: Number.POSITIVE_INFINITY,
    revoked: false,
  });
  return token;
}

function killChain(book: Book, loginId: string | null): void {
  if (loginId !== null) book.killed.add(loginId);
}

function revokeAccess(book: Book, account: string): void {
  for (const facts of book.access.values()) if (facts.account === account) facts.revoked = true;
}

function killAccount(book: Book, account: string): void {
  revokeAccess(book, account);
  for (const facts of book.refresh.values()) if (facts.account === account) book.killed.add(facts.loginId);
}

function currentRefreshTokens(book: Book, account: string): string[] {
  const living = [...book.refresh].filter(([, facts]) => facts.account === account && !facts.spent);
  return living.filter(([, facts]) => !book.killed.has(facts.loginId)).map(([token]) => token);
}

function accessJwt(options: LoginBookOptions, who: TokenIdentity, nowMs: number): string {
  return writeJwt(options.rng, {
    aud: ["https://api.openai.com/v1"],
    client_id: CODEX_CLIENT_ID,
    exp: Math.floor((nowMs + options.accessTokenTtlMs) / 1000),
    "https://api.openai.com/auth": authClaims(who),
    "https://api.openai.com/profile": { email: who.email, email_verified: true },
    iat: Math.floor(nowMs / 1000),
    iss: ISSUER,
    jti: drawHex(options.rng, 32),
    nbf: Math.floor(nowMs / 1000),
    scp: ["openid", "profile", "email", "offline_access"],
    sub: `auth0|${who.userId}`,
  });
}

function idJwt(options: LoginBookOptions, who: TokenIdentity, nowMs: number): string {
  const activeStart = new Date(nowMs - 86_400_000).toISOString();
  const activeUntil = new Date(nowMs + 30 * 86_400_000).toISOString();
  return writeJwt(options.rng, {
    aud: [CODEX_CLIENT_ID],
    email: who.email,
    email_verified: true,
    exp: Math.floor((nowMs + options.idTokenTtlMs) / 1000),
    "https://api.openai.com/auth": {
      ...authClaims(who),
      chatgpt_subscription_active_start: activeStart,
      chatgpt_subscription_active_until: activeUntil,
      organizations: [{ id: who.orgId, is_default: true, role: "owner", title: "Personal" }],
    },
    iat: Math.floor(nowMs / 1000),
    iss: ISSUER,
    sub: `auth0|${who.userId}`,
  });
}

function authClaims(who: TokenIdentity): JsonObject {
  return {
    chatgpt_account_id: who.accountId,
    chatgpt_account_is_fedramp: who.fedramp,
    chatgpt_plan_type: who.plan,
    chatgpt_user_id: who.userId,
    user_id: who.userId,
  };
}

function writeJwt(rng: Rng, claims: JsonObject): string {
  const head = encodePart({ alg: "RS256", kid: "simulated", typ: "JWT" });
  return `${head}.${encodePart(claims)}.${drawSecret(rng, 86)}`;
}

function encodePart(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
