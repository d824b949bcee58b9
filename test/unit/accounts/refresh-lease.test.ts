/** Whose turn it is at the token endpoint. */
import { describe, expect, test } from "bun:test";
import { hostname } from "node:os";
import { isHolderAlive, nameHolder } from "../../../src/accounts/holder.ts";
import {
  createRefreshLease,
  EXCHANGE_LEASE,
  type ExchangeTurn,
  type RefreshLease,
} from "../../../src/accounts/refresh-lease.ts";
import type { SettingsStore } from "../../../src/ports.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/simulator/clock.ts";
import { halfChance, openMemorySettings, START_MS } from "../../support/accounts-world.ts";

interface World {
  readonly clock: VirtualClock;
  readonly settings: SettingsStore;
  open(holder: string, isAlive?: boolean): RefreshLease;
}

function aWorld(spacingMs = 0): World {
  const clock = createVirtualClock(START_MS);
  const settings = openMemorySettings();
  return {
    clock,
    settings,
    open: (holder, isAlive = true) =>
      createRefreshLease({ settings, clock, rng: halfChance, holder, spacingMs, isHolderAlive: () => isAlive }),
  };
}

function wanted(): boolean {
  return true;
}

describe("a lease held by another process", () => {
  test("is waited for while its holder lives, until its time is over", async () => {
    const { clock, settings, open } = aWorld();
    settings.takeLease(EXCHANGE_LEASE, "other", START_MS, START_MS + 10_000);
    await clock.runUntil(open("me").run(wanted, async () => null));
    expect(clock.now() - START_MS).toBe(10_000);
  });

  test("is taken over at once when its holder is dead (trap 23)", async () => {
    const { clock, settings, open } = aWorld();
    settings.takeLease(EXCHANGE_LEASE, "dead", START_MS, START_MS + 45_000);
    await clock.runUntil(open("me", false).run(wanted, async () => null));
    expect(clock.now()).toBe(START_MS);
  });

  test("is not waited for by somebody whose work is done meanwhile", async () => {
    const { clock, settings, open } = aWorld();
    settings.takeLease(EXCHANGE_LEASE, "other", START_MS, START_MS + 40_000);
    let done = false;
    const running = open("me").run(
      () => !done,
      async () => "ran",
    );
    clock.after(1_000, () => {
      done = true;
    });
    expect(await clock.runUntil(running)).toBeNull();
    expect(clock.now() - START_MS).toBeLessThan(1_100);
  });

  test("is given up on in the end", async () => {
    const { clock, settings, open } = aWorld();
    settings.takeLease(EXCHANGE_LEASE, "other", START_MS, START_MS + 24 * 3_600_000);
    expect(await clock.runUntil(open("me").run(wanted, async () => "ran"))).toBeNull();
  });
});

describe("turns", () => {
  test("come one after another within a process, and end also when their task fails", async () => {
    const { clock, settings, open } = aWorld();
    const lease = open("me");
    const order: string[] = [];
    const first = lease.run(wanted, async () => {
      order.push("first begins");
      await new Promise<void>((resolve) => clock.after(1_000, resolve));
      order.push("first ends");
      throw new Error("first failed");
    });
    const second = lease.run(wanted, async () => order.push("second"));
    await expect(clock.runUntil(first)).rejects.toThrow("first failed");
    await clock.runUntil(second);
    expect(order).toEqual(["first begins", "first ends", "second"]);
    expect(settings.leaseHolder(EXCHANGE_LEASE, clock.now())).toBeNull();
  });

  test("are spaced over processes by the pause and its jitter, from the end of the last exchange (trap 22)", async () => {
    const { clock, open } = aWorld(2_000);
    const begun: number[] = [];
    const task = async (turn: ExchangeTurn) => {
      await turn.begin();
      begun.push(clock.now() - START_MS);
      await new Promise<void>((resolve) => clock.after(500, resolve));
      await turn.end();
    };
    await clock.runUntil(Promise.all(["one", "two", "three"].map((name) => open(name).run(wanted, task))));
    expect(begun[0]).toBe(0);
    for (const [index, at] of begun.entries()) {
      if (index > 0) expect(at - (begun[index - 1] ?? 0)).toBeGreaterThanOrEqual(3_500);
    }
  });

  test("a turn that slept through its lease may not begin an exchange any more", async () => {
    const { clock, settings, open } = aWorld();
    const began = await clock.runUntil(
      open("me").run(wanted, async (turn) => {
        await new Promise<void>((resolve) => clock.after(60_000, resolve));
        settings.takeLease(EXCHANGE_LEASE, "other", clock.now(), clock.now() + 45_000);
        return turn.begin();
      }),
    );
    expect(began).toBe(false);
    expect(settings.leaseHolder(EXCHANGE_LEASE, clock.now())).toBe("other");
  });
});

describe("isHolderAlive()", () => {
  test("knows this process, and processes that are gone", async () => {
    expect(isHolderAlive(nameHolder("1"))).toBe(true);
    const child = Bun.spawn([process.execPath, "-e", "0"]);
    await child.exited;
    expect(isHolderAlive(`${hostname()}/${child.pid}/1`)).toBe(false);
  });
  for (const holder of [
    "",
    "x",
    `${hostname()}`,
    `${hostname()}/`,
    `${hostname()}/abc/1`,
    `${hostname()}/0/1`,
    "elsewhere/1/1",
  ]) {
    test(`counts "${holder.replace(hostname(), "here")}" as alive: its lease ends by time`, () => {
      expect(isHolderAlive(holder)).toBe(true);
    });
  }
});
