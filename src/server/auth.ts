/** Whose key is it? Tells a typo, an unknown key, a revoked one and one of the other runtime apart. */
import { checkPoolKey, hasKeyForm } from "../operations/pool-key.ts";
import type { Clock, KeyRecord, Runtime } from "../ports.ts";
import { type Refusal, refuse } from "../protocol/refusal.ts";
import type { WrongKeys } from "./wrong-keys.ts";

export interface KeyRing {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly hash: (text: string) => string;
  byHash(hash: string): KeyRecord | null;
  touch(id: string, atMs: number): void;
  /** Whether the other runtime has a valid key with this hash. */
  isOfOtherRuntime(hash: string): boolean;
  /** Counts what is wrong. */
  readonly wrong: WrongKeys;
}

export type Authorised =
  | { readonly kind: "ok"; readonly keyId: string }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** How often a key's last use is written down. */
const TOUCH_EVERY_MS = 60_000;

function refused(code: string, message: string): Authorised {
  return { kind: "refused", refusal: refuse(401, "authentication_error", code, message) };
}

function refusedRuntime(runtime: Runtime): Authorised {
  const other: Runtime = runtime === "daemon" ? "desktop" : "daemon";
  return refused(
    "wrong_runtime",
    `This key belongs to the ${other} runtime, and this is the ${runtime} runtime. Make one for it with: codexuse account-pool keys create --runtime=${runtime}`,
  );
}

/** What is wrong with a key that is not good. `record` is the one it belongs to, or null. */
function explainWrongKey(ring: KeyRing, key: string, hash: string, record: KeyRecord | null): Authorised {
  const make = makeHint(ring);
  const checked = checkPoolKey(key);
  if (checked === "bad-checksum") {
    return refused("invalid_key", "The API key has a typo: its check digits do not fit. Copy it again.");
  }
  if (checked !== "ok") return refused("invalid_key", `The API key is not one of this pool. ${make}`);
  if (record !== null) return refused("revoked_key", `The API key has been revoked. ${make}`);
  return ring.isOfOtherRuntime(hash)
    ? refusedRuntime(ring.runtime)
    : refused("invalid_key", `The API key is not known here. ${make}`);
}

function makeHint(ring: KeyRing): string {
  return `Make one with: codexuse account-pool keys create --runtime=${ring.runtime}`;
}

/**
 * `key` is what the Authorization header carries; null or empty when there is none. Keys are found by their hash, so how
 * long that takes tells nothing of a key; and a good one is looked up whatever came before it.
 */
export function requireKey(ring: KeyRing, key: string | null): Authorised {
  if (key === null || key === "") {
    const hint = makeHint(ring);
    return refused("missing_key", `No API key was given. Send it as 'Authorization: Bearer cux_pool_…'. ${hint}`);
  }
  const hash = ring.hash(key);
  // The check digits say what is wrong with a key that is not known; one that is has them right.
  const record = hasKeyForm(key) ? ring.byHash(hash) : null;
  if (record === null || record.revokedAtMs !== null) {
    if (ring.wrong.admit()) return explainWrongKey(ring, key, hash, record);
    return refused("invalid_key", "The API key is not good here. So many wrong ones came that it was not looked into.");
  }
  const nowMs = ring.clock.now();
  if (record.lastUsedAtMs === null || nowMs - record.lastUsedAtMs >= TOUCH_EVERY_MS) ring.touch(record.id, nowMs);
  return { kind: "ok", keyId: record.id };
}
