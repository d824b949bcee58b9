/** Deletes a saved profile with its credentials, and ends its sign-in upstream when asked to. */
import { Type } from "typebox";
import { readableCredential } from "../accounts/readable-credential.ts";
import { revokeLogin } from "../accounts/revoke-login.ts";
import type { ProfileRecord } from "../ports.ts";
import { findProfile } from "./find-profile.ts";
import { type Desk, defineOperation, OperationError } from "./operation.ts";

function untouchedBy(profile: ProfileRecord, revoked: boolean): string {
  if (profile.ownership === "linked") return `The file ${profile.linkPath ?? "it was linked to"} stays as it is.`;
  const elsewhere = revoked
    ? "The account itself stays as it is"
    : "The account itself and its sign-ins elsewhere stay as they are";
  return `${elsewhere}. Its sessions move with their next turn.`;
}

/** The refresh token that revoking ends. Throws `usage` for a sign-in that cannot be revoked from here. */
function revocableToken(desk: Desk, profile: ProfileRecord): string {
  if (profile.ownership === "linked") {
    const hint = "Sign out with the program that owns it, or leave --revoke out.";
    throw new OperationError("usage", `The sign-in of "${profile.name}" is another program's.`, hint);
  }
  const credential = readableCredential(desk.settings(), profile.id)?.credential ?? null;
  if (credential?.kind === "chatgpt" && credential.refreshToken !== null) return credential.refreshToken;
  throw new OperationError(
    "usage",
    `The sign-in of "${profile.name}" cannot be revoked from here.`,
    "Keys and personal access tokens are revoked on OpenAI's own pages. Leave --revoke out.",
  );
}

/** Nothing is removed when upstream has not confirmed it: afterwards nobody could revoke it any more. */
async function revoke(desk: Desk, profile: ProfileRecord): Promise<readonly string[]> {
  const refreshToken = revocableToken(desk, profile);
  const wire = { upstream: desk.upstream(), clock: desk.clock };
  const isRevoked = await revokeLogin(wire, desk.endpoints, { refreshToken, proxyUrl: profile.proxyUrl });
  if (!isRevoked) {
    const hint = "Try again, or leave --revoke out to remove the profile all the same.";
    throw new OperationError(
      "failed",
      "Upstream has not confirmed that the sign-in is revoked. Nothing was removed.",
      hint,
    );
  }
  return endCopies(desk, profile, refreshToken);
}

/** Copies of the same login have ended with it: they say so at once, rather than at their next refresh. */
function endCopies(desk: Desk, profile: ProfileRecord, refreshToken: string): readonly string[] {
  const settings = desk.settings();
  const copies = settings.profiles().filter((other) => {
    const credential = readableCredential(settings, other.id)?.credential;
    return other.id !== profile.id && credential?.kind === "chatgpt" && credential.refreshToken === refreshToken;
  });
  const signIn = { state: "needed", reason: "refresh-token-invalidated", sinceMs: desk.clock.now() } as const;
  for (const copy of copies) settings.updateProfile(copy.id, { signIn });
  return copies.map((copy) => copy.name);
}

export const removeProfile = defineOperation({
  name: "profile.remove",
  summary: "Delete a profile and its credentials",
  input: Type.Object({ name: Type.String({ minLength: 1 }), revoke: Type.Optional(Type.Boolean()) }),
  output: Type.Object({
    changed: Type.Boolean(),
    name: Type.String(),
    revoked: Type.Boolean(),
    /** Profiles with a copy of the same login, which has ended with it. */
    also_signed_out: Type.Array(Type.String()),
    untouched: Type.String(),
  }),
  changes: true,
  async run(desk, input) {
    const settings = desk.settings();
    const profile = findProfile(settings, input.name);
    const revoked = input.revoke === true;
    const alsoSignedOut = revoked ? await revoke(desk, profile) : [];
    settings.removeProfile(profile.id);
    const untouched = untouchedBy(profile, revoked);
    return { changed: true, name: profile.name, revoked, also_signed_out: [...alsoSignedOut], untouched };
  },
});
