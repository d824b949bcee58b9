/** How does Codex save a sign-in? Pure: the text of an auth.json, the other way round than `auth-json.ts`. */
import type { Credential, ProfileRecord } from "../ports.ts";

/** Holds every secret of the sign-in. Instants are written as Codex writes them, in UTC. */
export function authJsonText(profile: Pick<ProfileRecord, "workspaceId">, credential: Credential): string {
  return `${JSON.stringify(authJson(profile, credential), null, 2)}\n`;
}

function authJson({ workspaceId }: Pick<ProfileRecord, "workspaceId">, credential: Credential): unknown {
  if (credential.kind === "api-key") return { auth_mode: "apikey", OPENAI_API_KEY: credential.apiKey };
  const { accessToken, refreshToken, idToken, lastRefreshAtMs } = credential;
  if (isPersonalToken(credential)) return { OPENAI_API_KEY: null, personal_access_token: accessToken };
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: idToken ?? accessToken,
      access_token: accessToken,
      refresh_token: refreshToken ?? "",
      account_id: workspaceId,
    },
    ...(lastRefreshAtMs === null ? {} : { last_refresh: new Date(lastRefreshAtMs).toISOString() }),
  };
}

/** A personal access token has no refresh token and is told by its first letters. */
function isPersonalToken(credential: Credential): boolean {
  return credential.kind === "chatgpt" && credential.refreshToken === null && credential.accessToken.startsWith("at-");
}
