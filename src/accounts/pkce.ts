/** What proves that who begins a sign-in also ends it? Pure: chance comes in as bytes. */
import { createHash } from "node:crypto";

export interface Pkce {
  /** Kept until the exchange. */
  readonly verifier: string;
  /** Its S256 digest, sent ahead. */
  readonly challenge: string;
}

/** Bytes of chance that a verifier or a state is made of. */
export const PKCE_BYTES = 64;
export const STATE_BYTES = 32;

export function pkceFrom(random: Uint8Array): Pkce {
  const verifier = base64Url(random);
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** Tells our own callback from anybody else's. */
export function stateFrom(random: Uint8Array): string {
  return base64Url(random);
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
