/**
 * Whose sign-in is this? Asks upstream where the sign-in does not say it itself: a personal access token tells nothing of
 * its owner. Must not touch the store.
 */
import type { Credential } from "../ports.ts";
import type { SavedLogin } from "./auth-json.ts";
import { apiKeyAccountKey, chatgptAccountKey, type LoginIdentity } from "./identity.ts";
import { borrowedCredential, personalCredential } from "./linked-login.ts";
import { type Arrival, refuse, type SaveDesk, type SaveResult } from "./save-result.ts";
import { askWhoami } from "./whoami.ts";

/** How the sign-in came here. */
export interface Origin {
  /** Another program keeps it: its refresh token is left alone. */
  readonly isLink: boolean;
  readonly isCopy: boolean;
  readonly proxyUrl: string | null;
}

export async function identify(
  desk: SaveDesk,
  saved: SavedLogin,
  origin: Origin,
): Promise<Arrival | Extract<SaveResult, { kind: "refused" }>> {
  const { isCopy } = origin;
  switch (saved.kind) {
    case "api-key": {
      const nobody = { workspaceId: null, userId: null, email: null, plan: null, fedramp: false, refreshToken: null };
      const credential: Credential = { kind: "api-key", apiKey: saved.apiKey };
      return { kind: "api-key", accountKey: apiKeyAccountKey(saved.apiKey), credential, isCopy, ...nobody };
    }
    case "chatgpt": {
      const { kind, identity, ...secrets } = saved;
      const credential: Credential = origin.isLink ? borrowedCredential(saved) : { kind, ...secrets };
      const secret = saved.refreshToken ?? saved.accessToken;
      return { ...arrive(identity, credential, secret), refreshToken: saved.refreshToken, isCopy };
    }
    case "personal-token": {
      const whoami = await askWhoami(desk.wire, desk.endpoints, { token: saved.token, proxyUrl: origin.proxyUrl });
      if (whoami.kind === "known") {
        const credential = personalCredential(saved.token);
        return { ...arrive(whoami.identity, credential, saved.token), refreshToken: null, isCopy };
      }
      return whoami.kind === "refused"
        ? refuse("token-refused", "Upstream does not accept this personal access token.", "Make a new one.")
        : refuse("identity-unknown", "Upstream could not be asked whose token this is.", "Check the network.");
    }
  }
}

function arrive(
  identity: LoginIdentity,
  credential: Credential,
  secret: string,
): Omit<Arrival, "refreshToken" | "isCopy"> {
  return { kind: "chatgpt", accountKey: chatgptAccountKey(identity, secret), ...identity, credential };
}
