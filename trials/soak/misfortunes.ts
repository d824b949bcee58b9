/** What befalls the accounts meanwhile, and what their owner does about it. */
import type { Desk } from "../../src/operations/operation.ts";
import { connectionFault, type FaultLike } from "../../src/simulator/fault.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import { sleep } from "../support/wait-for.ts";
import type { Stage } from "../support/with-daemon.ts";

const FAULTS: readonly FaultLike[] = [
  "usage-limit",
  "rate-limit",
  "server-error",
  "failed-server-error",
  "unauthorized",
  "cloudflare-challenge",
  "server-is-overloaded",
  "reset-before-headers",
  connectionFault("reset-mid-stream", { afterEvent: 6 }),
  connectionFault("reset-mid-stream", { afterEvent: 1 }),
  connectionFault("garbage-mid-stream", { afterEvent: 5 }),
  connectionFault("close-mid-stream", { afterEvent: 7 }),
];

const EVERY_MS = 1_200;

/** The owner's hand: clears pauses, changes routing, takes a profile out and puts it back. */
function meddle(desk: Desk, index: number): void {
  const settings = desk.settings();
  const profiles = settings.profiles();
  for (const profile of profiles) settings.clearCooldown(profile.accountKey, "all");
  settings.updatePool({ routing: index % 2 === 0 ? "round-robin" : "least-used" });
  for (const [at, profile] of profiles.entries()) {
    settings.updateProfile(profile.id, { selected: at !== index % (profiles.length * 2) });
  }
}

/** Until told to stop. Answers how many befell. */
export function startMisfortunes(stage: Stage, desk: Desk, seed: number): { stop(): Promise<number> } {
  let isOver = false;
  let count = 0;
  const rng = createSeededRng(seed);
  const befalling = (async () => {
    while (!isOver) {
      await sleep(EVERY_MS);
      const account = stage.home.account(drawInteger(rng, stage.home.sim.accounts.length));
      account.script.clear();
      account.script.fail(FAULTS[drawInteger(rng, FAULTS.length)] ?? "server-error", {
        times: 1 + drawInteger(rng, 2),
      });
      if (rng() < 0.1) account.script.fail("refresh-server-error", { endpoint: "refresh" });
      count += 1;
      if (count % 5 === 0) meddle(desk, count / 5);
    }
    for (const account of stage.home.sim.accounts) account.script.clear();
    meddle(desk, stage.home.sim.accounts.length);
  })();
  return {
    stop: async () => {
      isOver = true;
      await befalling;
      return count;
    },
  };
}
