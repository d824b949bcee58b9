/**
 * As which program do we speak for an account?
 *
 * Upstream serves its own clients only: a foreign user agent is blocked on the way, and too old a version is shown fewer
 * models. No credential is kept here.
 */
import type { Identity } from "../ports.ts";
import { CODEX_VERSION } from "../protocol/upstream-headers.ts";

/** Oldest client version we say we are. Newer ones that are known to be installed outrank it. */
const CLIENT_VERSION_FLOOR = CODEX_VERSION;

/** The public client id of the Codex sign-in, the same for everybody. */
export const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

/** How the program that we speak as calls itself. */
export const ORIGINATOR = "codex_cli_rs";

/** Head fields of every account request, before any credential. */
export function clientHeaders(): Record<string, string> {
  return {
    accept: "application/json",
    originator: ORIGINATOR,
    "user-agent": `${ORIGINATOR}/${CODEX_VERSION} (${process.platform}; ${process.arch}) codexuse`,
  };
}

/** The same with an account's credential. An API key travels without anything of ChatGPT's. */
export function accountHeaders(identity: Identity): Record<string, string> {
  if (identity.kind === "api-key") return { ...clientHeaders(), authorization: `Bearer ${identity.apiKey}` };
  return { ...clientHeaders(), ...chatgptHeaders(identity.accessToken, identity.accountId, identity.fedramp) };
}

/** Credential fields of the ChatGPT backend. */
export function chatgptHeaders(
  accessToken: string,
  accountId: string | null,
  fedramp: boolean,
): Record<string, string> {
  return {
    authorization: `Bearer ${accessToken}`,
    ...(accountId === null ? {} : { "chatgpt-account-id": accountId }),
    ...(fedramp ? { "x-openai-fedramp": "true" } : {}),
  };
}

/** The newest of the versions, compared as numbers; words that are no version are passed over. Never below the floor. */
export function newestVersion(candidates: readonly (string | null)[]): string {
  let newest = CLIENT_VERSION_FLOOR;
  for (const candidate of candidates) {
    if (candidate !== null && /^\d{1,9}(\.\d{1,9}){2}$/.test(candidate) && isNewer(candidate, newest))
      newest = candidate;
  }
  return newest;
}

function isNewer(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.split(".").map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
