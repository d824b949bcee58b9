/**
 * What did the browser bring back? Pure. A callback counts only with the state we sent: everything else is somebody
 * else's, and is refused before anything of it is used.
 */
import { CALLBACK_PATH } from "./authorize-url.ts";

export type Callback =
  | { readonly kind: "code"; readonly code: string }
  /** Upstream or the person said no. `reason`: upstream's code, never its text. */
  | { readonly kind: "denied"; readonly reason: string }
  | { readonly kind: "state-mismatch" }
  /** Ours, but without anything to go on with. */
  | { readonly kind: "malformed" };

const CODE_CHARACTERS_MAX = 4_096;

/** Reads the query of `/auth/callback`. */
export function readCallback(query: URLSearchParams, expectedState: string): Callback {
  if (query.get("state") !== expectedState) return { kind: "state-mismatch" };
  const error = query.get("error");
  if (error !== null) return { kind: "denied", reason: /^[\w.-]{1,64}$/.test(error) ? error : "unknown" };
  const code = query.get("code") ?? "";
  return /^[\x21-\x7e]+$/.test(code) && code.length <= CODE_CHARACTERS_MAX
    ? { kind: "code", code }
    : { kind: "malformed" };
}

/**
 * Reads what a person pasted: the address that the browser could not open, or the part of it behind the question mark.
 * Null for anything else; a bare code is not enough, because only the state tells whose it is.
 */
export function readPastedCallback(text: string, expectedState: string): Callback | null {
  const query = queryOf(text.trim());
  return query === null || !query.has("state") ? null : readCallback(query, expectedState);
}

function queryOf(text: string): URLSearchParams | null {
  if (/^https?:\/\//i.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url === null || url.pathname !== CALLBACK_PATH ? null : url.searchParams;
  }
  return /^\??(code|state|error)=\S+$/.test(text) ? new URLSearchParams(text) : null;
}
