/**
 * Which browsers were let in? Kept in memory, by hash, until the runtime ends or nobody has used them for long. Bounded:
 * the one unused for longest makes room.
 */
import { createHash, randomBytes } from "node:crypto";
import { LIMITS } from "../../limits.ts";
import type { Clock } from "../../ports.ts";

export const COOKIE_NAME = "codexuse_page";

const ID_BYTES = 32;
const ID_FORM = /^[A-Za-z0-9_-]{43}$/;
/** More cookies of our name than this are nobody's honest browser. */
const IDS_MAX = 8;

export interface PageSessions {
  /** What a browser's cookie is to hold. */
  begin(): string;
  /** Whether the request's cookie is one of ours; counts as a use. */
  admit(headers: Headers): boolean;
}

function hashId(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}

/**
 * Every value under our name: cookies know no port, so another server of this machine may have set one of the same name
 * beside ours.
 */
function idsIn(headers: Headers): readonly string[] {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  const values = pairs.flatMap((pair) =>
    pair.startsWith(`${COOKIE_NAME}=`) ? [pair.slice(COOKIE_NAME.length + 1)] : [],
  );
  return values.filter((value) => ID_FORM.test(value)).slice(0, IDS_MAX);
}

export function openPageSessions(clock: Clock): PageSessions {
  /** Last use by hash of the id; the one used last stands last. */
  const lastUses = new Map<string, number>();

  function use(hash: string): void {
    lastUses.delete(hash);
    lastUses.set(hash, clock.now());
  }

  function dropSurplus(): void {
    const nowMs = clock.now();
    for (const [hash, usedAtMs] of lastUses) {
      if (nowMs - usedAtMs < LIMITS.pageSessionIdleMs && lastUses.size <= LIMITS.pageSessionsMax) return;
      lastUses.delete(hash);
    }
  }

  return {
    begin: () => {
      const id = randomBytes(ID_BYTES).toString("base64url");
      use(hashId(id));
      dropSurplus();
      return id;
    },
    admit: (headers) => {
      dropSurplus();
      const known = idsIn(headers)
        .map(hashId)
        .find((hash) => lastUses.has(hash));
      if (known === undefined) return false;
      use(known);
      return true;
    },
  };
}
