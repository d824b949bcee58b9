/** Where does a person go to sign in with a browser? Pure. */
import { CLIENT_ID, ORIGINATOR } from "./codex-client.ts";

const SCOPES = "openid profile email offline_access api.connectors.read api.connectors.invoke";

export const CALLBACK_PATH = "/auth/callback";

/** Upstream knows this address for our client id, on two ports only. */
export function redirectUriFor(port: number): string {
  return `http://127.0.0.1:${port}${CALLBACK_PATH}`;
}

export interface AuthorizeRequest {
  readonly authUrl: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly state: string;
}

export function authorizeUrl(request: AuthorizeRequest): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: request.redirectUri,
    scope: SCOPES,
    code_challenge: request.challenge,
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state: request.state,
    originator: ORIGINATOR,
  });
  return `${request.authUrl}/oauth/authorize?${query}`;
}
