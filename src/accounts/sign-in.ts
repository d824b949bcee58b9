/**
 * What comes of a sign-in that a person has to take part in? The words that all ways of signing in share; the ways
 * themselves are `browser-login.ts` and `device-login.ts`.
 */
import type { Endpoints } from "../ports.ts";
import type { Wire } from "./ask.ts";
import type { SavedLogin } from "./auth-json.ts";
import type { ExchangedCode } from "./code-exchange.ts";
import type { SaveResult } from "./save-result.ts";

export interface SignInDesk {
  readonly wire: Wire;
  readonly endpoints: Endpoints;
}

/** Where a person has to go. */
export type Invitation =
  | { readonly kind: "browser"; readonly url: string }
  | { readonly kind: "device"; readonly url: string; readonly code: string; readonly expiresAtMs: number };

/** What every way of signing in is told. */
export interface SignInRequest {
  /** Every call goes through it; null for the environment's. */
  readonly proxyUrl: string | null;
  readonly timeoutMs: number;
  /** Fires when the person has had enough. */
  readonly signal: AbortSignal;
  invite(invitation: Invitation): void;
  /** Keeps what came of it. The browser is shown whether it did. */
  save(saved: SavedLogin): Promise<SaveResult>;
}

export const SIGN_IN_FAILURES = [
  "ports-taken",
  "denied",
  "cancelled",
  "timed-out",
  "device-disabled",
  "code-expired",
  "refused",
  "unreachable",
] as const;
export type SignInFailure = (typeof SIGN_IN_FAILURES)[number];

export type SignInOutcome =
  | { readonly kind: "finished"; readonly result: SaveResult }
  | { readonly kind: "failed"; readonly failure: SignInFailure };

export function failed(failure: SignInFailure): SignInOutcome {
  return { kind: "failed", failure };
}

/** Saves what an exchange brought. */
export async function concludeSignIn(exchanged: ExchangedCode, request: SignInRequest): Promise<SignInOutcome> {
  if (exchanged.kind !== "signed-in") return failed(exchanged.kind);
  return { kind: "finished", result: await request.save(exchanged.saved) };
}

/** How a sign-in that was given up ended: by the person, or by the clock. */
export function endOf(request: SignInRequest): SignInOutcome {
  return failed(request.signal.aborted ? "cancelled" : "timed-out");
}

const TEXTS: Readonly<Record<SignInFailure, { readonly text: string; readonly hint: string }>> = {
  "ports-taken": {
    text: "The ports that a browser comes back to are taken by other programs.",
    hint: "End the other sign-in, or sign in with a code: --device",
  },
  denied: { text: "The sign-in was refused in the browser.", hint: "Nothing was saved." },
  cancelled: { text: "The sign-in was cancelled.", hint: "Nothing was saved." },
  "timed-out": { text: "Nobody signed in within the time.", hint: "Nothing was saved. Run the command again." },
  "device-disabled": {
    text: "Upstream does not offer sign-in with a code here.",
    hint: "Leave --device out: the address that the browser ends at can be pasted on a remote machine.",
  },
  "code-expired": {
    text: "The code has expired before it was typed.",
    hint: "Nothing was saved. Run the command again.",
  },
  refused: { text: "Upstream did not accept the sign-in.", hint: "Nothing was saved. Run the command again." },
  unreachable: {
    text: "The sign-in service cannot be reached or does not answer.",
    hint: "Check the network, and the proxy if there is one. Nothing was saved.",
  },
};

export function describeSignInFailure(failure: SignInFailure): { readonly text: string; readonly hint: string } {
  return TEXTS[failure];
}
