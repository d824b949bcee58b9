/**
 * What has happened to the pool since somebody was told last? Pure: compares what was told with how things stand, so that
 * nothing is told twice, and what came and went unseen is not told at all.
 */
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { LIMITS } from "../limits.ts";
import type { ProfileView } from "./profile-view.ts";

export type News =
  | { readonly kind: "drained"; readonly profile: string; readonly until: string | null }
  | { readonly kind: "back"; readonly profile: string }
  | { readonly kind: "sign-in-needed"; readonly profile: string; readonly closed: boolean }
  | { readonly kind: "signed-in"; readonly profile: string }
  | { readonly kind: "pool-empty"; readonly until: string | null }
  | { readonly kind: "pool-serves" };

/** What somebody knows. Accounts and profiles that are not in it are well as far as they know. */
export const Told = Type.Object({
  drained: Type.Array(Type.String()),
  sign_in: Type.Array(Type.String()),
  empty: Type.Boolean(),
  /** When a start was told last, in milliseconds; null for never. */
  started_at_ms: Type.Union([Type.Number(), Type.Null()]),
});
export type Told = Static<typeof Told>;

export const NOTHING_TOLD: Told = { drained: [], sign_in: [], empty: false, started_at_ms: null };

/** What was kept; another version's form counts as nothing told. */
export function readTold(text: string): Told {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(Told, value) ? value : NOTHING_TOLD;
  } catch (error) {
    if (error instanceof SyntaxError) return NOTHING_TOLD;
    throw error;
  }
}

type IsDown = (view: ProfileView) => boolean;

/** Pauses that pass by themselves in minutes are no news; the end of a long one is, and only when it is over. */
function isDrainedTo(told: Told, nowMs: number): IsDown {
  return (view) => {
    if (view.state !== "cooling") return false;
    const until = view.cooldown?.until ?? null;
    if (until === null || told.drained.includes(view.account)) return true;
    return Date.parse(until) - nowMs > LIMITS.detourMaxMs;
  };
}

function needsOwner(view: ProfileView): boolean {
  return view.state === "needs-sign-in" || view.state === "disabled";
}

/** Whether nobody of the pool can serve for long. A pool without profiles is not empty: it was never filled. */
function isEmpty(pool: readonly ProfileView[], isDrained: IsDown): boolean {
  return pool.length > 0 && pool.every((view) => needsOwner(view) || isDrained(view));
}

function earliest(pool: readonly ProfileView[]): string | null {
  const instants = pool.flatMap((view) => (view.cooldown?.until ? [view.cooldown.until] : []));
  return instants.toSorted((one, other) => Date.parse(one) - Date.parse(other))[0] ?? null;
}

/** One profile for each account: two profiles of one account drain together. */
function accountsOf(pool: readonly ProfileView[]): ProfileView[] {
  return pool.filter((view, index) => pool.findIndex((other) => other.account === view.account) === index);
}

function accountNews(pool: readonly ProfileView[], told: Told, isDrained: IsDown): News[] {
  return accountsOf(pool).flatMap((view): News[] => {
    const wasDrained = told.drained.includes(view.account);
    if (isDrained(view) === wasDrained) return [];
    if (!wasDrained) return [{ kind: "drained", profile: view.name, until: view.cooldown?.until ?? null }];
    return needsOwner(view) ? [] : [{ kind: "back", profile: view.name }];
  });
}

function signInNews(pool: readonly ProfileView[], told: Told): News[] {
  return pool.flatMap((view): News[] => {
    const wasTold = told.sign_in.includes(view.name);
    if (needsOwner(view) === wasTold) return [];
    if (wasTold) return [{ kind: "signed-in", profile: view.name }];
    return [{ kind: "sign-in-needed", profile: view.name, closed: view.state === "disabled" }];
  });
}

function poolNews(pool: readonly ProfileView[], told: Told, isDrained: IsDown): News[] {
  const empty = isEmpty(pool, isDrained);
  if (empty === told.empty) return [];
  return empty ? [{ kind: "pool-empty", until: earliest(pool) }] : [{ kind: "pool-serves" }];
}

/** `views` are of all profiles; those outside of the pool are no news. */
export function newsSince(
  told: Told,
  views: readonly ProfileView[],
  nowMs: number,
): { readonly news: readonly News[]; readonly told: Told } {
  const pool = views.filter((view) => view.selected);
  const isDrained = isDrainedTo(told, nowMs);
  return {
    news: [...accountNews(pool, told, isDrained), ...signInNews(pool, told), ...poolNews(pool, told, isDrained)],
    told: {
      ...told,
      drained: accountsOf(pool)
        .filter(isDrained)
        .map((view) => view.account),
      sign_in: pool.filter(needsOwner).map((view) => view.name),
      empty: isEmpty(pool, isDrained),
    },
  };
}
