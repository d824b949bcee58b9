/**
 * Question: how does the sign-in host answer?
 * Owns authorisation with PKCE, the token endpoint's three grants, revocation, and who a personal token belongs to.
 * Must not hold tokens: the login book does.
 */
import { createHash } from "node:crypto";
import type { SimAccount, SimChatgptAccount } from "./account.ts";
import { identityOf } from "./add-account.ts";
import { bearerOf } from "./credentials.ts";
import { httpFailureNamed, type RefreshFailureName } from "./failures.ts";
import { errorAnswer, failureAnswer, jsonAnswer } from "./json-answer.ts";
import { CODEX_CLIENT_ID, type LoginTokens } from "./logins.ts";
import { noteViolation } from "./record.ts";
import { drawSecret } from "./rng.ts";
import type { Call, World } from "./world.ts";

/** Answers `POST /oauth/token`, as JSON or form. */
export function answerToken(world: World, call: Call): Response {
  switch (call.body["grant_type"]) {
    case "authorization_code":
      return exchangeCode(world, call);
    case "refresh_token":
      return refresh(world, call);
    case "urn:ietf:params:oauth:grant-type:token-exchange":
      return jsonAnswer(200, { access_token: `sk-proj-${drawSecret(world.rng, 48)}` });
    default:
      return jsonAnswer(400, { error: "unsupported_grant_type", error_description: "Unknown grant type." });
  }
}

/** Answers `GET /oauth/authorize`: approves at once and sends the browser back with a code. */
export function answerAuthorize(world: World, call: Call): Response {
  const query = call.url.searchParams;
  const redirectUri = query.get("redirect_uri");
  const account = whoSignsIn(world);
  if (redirectUri === null || account === null) return jsonAnswer(400, { error: "invalid_request" });
  const code = openSignInCode(world, account.name, query.get("code_challenge") ?? "", redirectUri);
  const back = new URL(redirectUri);
  back.searchParams.set("code", code);
  const state = query.get("state");
  if (state !== null) back.searchParams.set("state", state);
  return new Response(null, { status: 302, headers: { location: back.href } });
}

/** Answers `POST /oauth/revoke`: the chain of that refresh token ends. */
export function answerRevoke(world: World, call: Call): Response {
  if (typeof call.body["token"] === "string") world.logins.revoke(call.body["token"]);
  return jsonAnswer(200, {});
}

/** Answers `GET …/whoami` for a personal access token. */
export function answerWhoami(world: World, call: Call): Response {
  const bearer = bearerOf(call.request.headers);
  const known = bearer === null ? null : world.logins.access(bearer);
  if (known === null || call.account?.kind !== "chatgpt") {
    return failureAnswer(httpFailureNamed("unauthorized"));
  }
  const account = call.account;
  return jsonAnswer(200, {
    email: account.email,
    chatgpt_user_id: account.userId,
    chatgpt_account_id: account.accountId,
    chatgpt_plan_type: account.plan,
    chatgpt_account_is_fedramp: account.fedramp,
  });
}

/** Whoever sits at the simulated browser: the account named in the settings, else the first. */
export function whoSignsIn(world: World): SimChatgptAccount | null {
  const named = world.settings.signInAs;
  for (const account of world.accounts.values()) {
    if (account.kind === "chatgpt" && (named === null || account.name === named)) return account;
  }
  return null;
}

/** A code that can be exchanged once, for this account. */
export function openSignInCode(world: World, account: string, challenge: string, redirectUri: string): string {
  const code = `ac_${drawSecret(world.rng, 60)}`;
  world.signInCodes.set(code, { account, challenge, redirectUri });
  return code;
}

/** The S256 challenge of a verifier. */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

function exchangeCode(world: World, call: Call): Response {
  const { code, code_verifier: verifier, redirect_uri: redirectUri, client_id: clientId } = call.body;
  const opened = typeof code === "string" ? world.signInCodes.get(code) : undefined;
  if (opened === undefined || typeof code !== "string" || clientId !== CODEX_CLIENT_ID) return badGrant();
  world.signInCodes.delete(code);
  if (opened.redirectUri !== redirectUri) return badGrant();
  if (typeof verifier !== "string" || challengeOf(verifier) !== opened.challenge) return badGrant();
  const account = world.accounts.get(opened.account);
  return account?.kind === "chatgpt" ? tokensAnswer(account.login()) : badGrant();
}

function refresh(world: World, call: Call): Response {
  const token = call.body["refresh_token"];
  if (typeof token !== "string") return refuse("refresh-invalid-request");
  if (call.body["client_id"] !== CODEX_CLIENT_ID) return refuse("refresh-invalid-client");
  const verdict = world.logins.judge(token);
  const account = call.account;
  switch (verdict.kind) {
    case "unknown":
      return refuse("refresh-invalid-grant");
    case "dead":
      return refuse("refresh-token-invalidated");
    case "reused":
      noteViolation(
        world.evidence,
        call.record,
        "refresh-token-reused",
        verdict.account,
        "a spent refresh token came back",
      );
      return refuse("refresh-token-reused");
    case "live":
      return refuseStanding(account) ?? rotated(world, account, token);
  }
}

function refuseStanding(account: SimAccount | null): Response | null {
  if (account?.state === "deactivated") return refuse("refresh-account-deactivated");
  if (account?.state === "login-invalidated") return refuse("refresh-token-invalidated");
  return null;
}

function rotated(world: World, account: SimAccount | null, token: string): Response {
  if (account?.kind !== "chatgpt") return refuse("refresh-invalid-grant");
  return tokensAnswer(world.logins.rotate(token, identityOf(account)));
}

function tokensAnswer(tokens: LoginTokens): Response {
  return jsonAnswer(200, {
    id_token: tokens.idToken,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: "bearer",
    expires_in: tokens.expiresInSeconds,
    scope: "openid profile email offline_access api.connectors.read api.connectors.invoke",
  });
}

function badGrant(): Response {
  return errorAnswer(400, { code: "invalid_grant", message: "The authorization code is not valid." });
}

function refuse(name: RefreshFailureName): Response {
  return failureAnswer(httpFailureNamed(name));
}
