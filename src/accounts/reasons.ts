/**
 * Why can an account not be used, and what can its owner do? Pure.
 *
 * Reasons are codes of a closed set: they are stored, compared and counted. The words for people are made here, late.
 */

export const SIGN_IN_REASONS = [
  "refresh-token-expired",
  "refresh-token-reused",
  "refresh-token-invalidated",
  "refresh-cut-off",
  "session-ended",
  "account-deactivated",
  "refresh-refused",
  "cannot-be-refreshed",
  "credential-refused",
] as const;
/** Why the owner has to sign in again. */
export type SignInReason = (typeof SIGN_IN_REASONS)[number];

export const UNAVAILABLE_REASONS = [
  "profile-missing",
  "credential-missing",
  "key-missing",
  "store-failing",
  "refresh-queue",
  "refresh-failing",
  "refresh-silent",
  "refresh-empty",
  "refresh-unsaved",
  "refused-once",
  "refused-after-refresh",
  "link-missing",
  "link-unreadable",
  "link-other-account",
  "link-expired",
  "link-refused",
] as const;
/** Why a credential cannot be had at the moment, though nothing says that it is lost. */
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

export interface ReasonText {
  readonly text: string;
  readonly hint: string;
}

const SIGN_IN_AGAIN = "Sign in again with `codexuse profile refresh <name>`.";
const WAIT = "Nothing to do: it is tried again by itself.";
const OWNER_REFRESHES = "The program that owns the file has to refresh it: run one turn there, or sign in there again.";

const TEXTS: Readonly<Record<SignInReason | UnavailableReason, ReasonText>> = {
  "refresh-token-expired": { text: "The sign-in has expired.", hint: SIGN_IN_AGAIN },
  "refresh-token-reused": {
    text: "The refresh token was already used, most likely by another program with a copy of this sign-in.",
    hint: "Sign in again with `codexuse profile refresh <name>`, and give each program a sign-in of its own.",
  },
  "refresh-token-invalidated": { text: "The sign-in was signed out or revoked.", hint: SIGN_IN_AGAIN },
  "refresh-cut-off": {
    text: "An earlier refresh was cut off before its answer was saved, and upstream no longer accepts the old token.",
    hint: SIGN_IN_AGAIN,
  },
  "session-ended": { text: "Upstream has ended the session of this sign-in.", hint: SIGN_IN_AGAIN },
  "account-deactivated": {
    text: "OpenAI has deactivated this account.",
    hint: "Ask OpenAI's support; signing in again does not help.",
  },
  "refresh-refused": { text: "Upstream no longer accepts this sign-in.", hint: SIGN_IN_AGAIN },
  "cannot-be-refreshed": {
    text: "The token has expired, and this kind of sign-in cannot be refreshed.",
    hint: "Make a new token, or sign in with ChatGPT: `codexuse profile refresh <name>`.",
  },
  "credential-refused": {
    text: "Upstream has refused this token or key more than once.",
    hint: "Replace it by a new one with `codexuse profile refresh <name>` and `--api-key=-` or `--access-token=-`.",
  },
  "profile-missing": { text: "The profile has been removed.", hint: "Nothing to do." },
  "credential-missing": { text: "The profile has no credential.", hint: SIGN_IN_AGAIN },
  "key-missing": {
    text: "The sign-in cannot be decrypted: it was encrypted with another master key, or was damaged.",
    hint: "Put the key back. If it is lost, sign in again with `codexuse profile refresh <name>`.",
  },
  "store-failing": { text: "The settings could not be read or written.", hint: "Check the disk of the home folder." },
  "refresh-queue": { text: "Too many refreshes are waiting for their turn.", hint: WAIT },
  "refresh-failing": { text: "The sign-in service refuses refreshes for the moment.", hint: WAIT },
  "refresh-silent": { text: "The sign-in service cannot be reached or does not answer.", hint: "Check the network." },
  "refresh-empty": { text: "The sign-in service answered without an access token.", hint: WAIT },
  "refresh-unsaved": { text: "A new token could not be saved yet.", hint: "Check the disk of the home folder." },
  "refused-once": { text: "Upstream has refused this token or key once.", hint: WAIT },
  "refused-after-refresh": { text: "Upstream refuses a token that was made a moment ago.", hint: WAIT },
  "link-missing": { text: "The linked sign-in file is gone.", hint: "Sign in with the program that owns it." },
  "link-unreadable": { text: "The linked sign-in file cannot be read.", hint: "Check the file, or link it again." },
  "link-other-account": {
    text: "The linked file now holds the sign-in of another account.",
    hint: "Link it again under a name of its own, or sign in there as before.",
  },
  "link-expired": { text: "The linked sign-in has expired.", hint: OWNER_REFRESHES },
  "link-refused": { text: "Upstream has refused the linked sign-in.", hint: OWNER_REFRESHES },
};

/** Words for a reason; a reason of another room is shown as it is. */
export function describeReason(reason: string): ReasonText {
  const known: Readonly<Record<string, ReasonText>> = TEXTS;
  return Object.hasOwn(TEXTS, reason) ? (known[reason] ?? fallback(reason)) : fallback(reason);
}

function fallback(reason: string): ReasonText {
  return { text: reason, hint: SIGN_IN_AGAIN };
}
