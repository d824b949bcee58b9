/**
 * What does upstream answer to a question asked as one account?
 *
 * Owns the sign-in of such questions: a lease, and one renewal when upstream answers 401. What the answer means for the
 * account is for its reader to say; a refusal here never condemns a sign-in, because these endpoints refuse for reasons
 * of their own.
 */
import type { AnswerHead, Identity, Leased, TokenSource } from "../ports.ts";
import { ANSWER_BYTES_MAX, type Asked, ask, type Wire } from "./ask.ts";
import { accountHeaders } from "./codex-client.ts";

export interface AccountDesk {
  readonly tokens: TokenSource;
  readonly wire: Wire;
}

export type AccountAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly headers: AnswerHead; readonly text: string }
  /** `reason`: that of the lease, `unreachable`, or `broken-answer`. */
  | { readonly kind: "failed"; readonly reason: string };

const TIMEOUT_MS = 30_000;

/** GETs what `urlOf` makes of the identity. Rejects only with the reason of `signal`. */
export async function askAsAccount(
  desk: AccountDesk,
  profileId: string,
  urlOf: (identity: Identity) => string,
  signal: AbortSignal,
): Promise<AccountAnswer> {
  const leased = await desk.tokens.lease(profileId, signal);
  if (leased.kind !== "leased") return { kind: "failed", reason: leased.reason };
  const first = await get(desk, leased.identity, urlOf, signal);
  if (first.kind !== "answered" || first.status !== 401) return settle(first);
  const renewed: Leased = await desk.tokens.renew(profileId, leased.identity.generation, signal);
  if (renewed.kind !== "leased") return { kind: "failed", reason: renewed.reason };
  return settle(await get(desk, renewed.identity, urlOf, signal));
}

function get(
  desk: AccountDesk,
  identity: Identity,
  urlOf: (identity: Identity) => string,
  signal: AbortSignal,
): Promise<Asked> {
  const { proxyUrl } = identity;
  const request = {
    method: "GET",
    url: urlOf(identity),
    headers: accountHeaders(identity),
    body: null,
    proxyUrl,
  } as const;
  return ask(desk.wire, request, { timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX }, signal);
}

function settle(asked: Asked): AccountAnswer {
  if (asked.kind === "answered") return asked;
  return { kind: "failed", reason: asked.kind === "broken" ? "broken-answer" : "unreachable" };
}
