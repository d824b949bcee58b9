/** Sign-ins from files: whatever somebody calls auth.json. */
import { parseAuthJson, type SavedLogin } from "../../src/accounts/auth-json.ts";
import { readClaims } from "../../src/accounts/jwt.ts";
import type { FuzzTarget } from "./fuzz.ts";

/** Everything of a sign-in that becomes a header one day. */
function headerTextsOf(saved: SavedLogin): readonly (string | null)[] {
  switch (saved.kind) {
    case "chatgpt":
      return [saved.accessToken, saved.identity.workspaceId];
    case "personal-token":
      return [saved.token];
    case "api-key":
      return [saved.apiKey];
  }
}

/** The runtime itself says whether a text can be a header. */
function fitsHeader(text: string): boolean {
  try {
    return new Headers({ authorization: `Bearer ${text}` }).get("authorization") === `Bearer ${text}`;
  } catch {
    return false;
  }
}

export const SIGN_INS_TARGET: FuzzTarget = {
  name: "auth.json",
  corpus: ["auth-json"],
  inputs: 100_000,
  shortInputs: 2_000,
  check(input) {
    const parsed = parseAuthJson(input);
    if (parsed.kind === "refused") return null;
    const { saved } = parsed;
    const unfit = headerTextsOf(saved).some((text) => text !== null && !fitsHeader(text));
    if (unfit) return "a sign-in was taken that no request can carry";
    if (saved.kind === "chatgpt") readClaims(saved.idToken);
    const { expiresAtMs = null, lastRefreshAtMs = null } = saved.kind === "chatgpt" ? saved : {};
    const isInstant = (atMs: number | null) => atMs === null || Number.isFinite(new Date(atMs).getTime());
    return isInstant(expiresAtMs) && isInstant(lastRefreshAtMs) ? null : "an instant that no date can hold";
  },
};
