/** How much room has an account, and how much of it is used? In turns, by its tightest window, from the simulator. */
import type { SimAccount } from "../../src/simulator/account.ts";
import type { Pool } from "./pool.ts";

/** Turns that the account can still serve, above what its owner keeps back. Keys have no windows and no room of that kind. */
export function roomOf(pool: Pool, account: SimAccount): number {
  if (account.kind === "api-key" || account.percentPerTurn <= 0) return 0;
  const reservePercent = pool.settings.profileNamed(account.name)?.reservePercent ?? 0;
  const windows = Object.values(account.quota.windows).filter((window) => window !== null);
  const left = Math.min(...windows.map((window) => 100 - window.usedPercent));
  return Math.max(0, left - reservePercent) / account.percentPerTurn;
}

/** How much of its room at the beginning each account has used, 0 to 1; only accounts that had any. */
export function usedShares(pool: Pool, roomAtStart: ReadonlyMap<string, number>): number[] {
  return pool.sim.accounts.flatMap((account) => {
    const atStart = roomAtStart.get(account.name) ?? 0;
    return atStart <= 0 ? [] : [Math.max(0, 1 - roomOf(pool, account) / atStart)];
  });
}

/** The same over the whole pool; null for a pool without any room to begin with. */
export function usedShare(pool: Pool, roomAtStart: ReadonlyMap<string, number>): number | null {
  const atStart = [...roomAtStart.values()].reduce((sum, room) => sum + room, 0);
  const left = pool.sim.accounts.reduce((sum, account) => sum + roomOf(pool, account), 0);
  return atStart === 0 ? null : 1 - left / atStart;
}
