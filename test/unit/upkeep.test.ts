/** What a runtime does without being asked. */
import { expect, test } from "bun:test";
import { LIMITS } from "../../src/limits.ts";
import type { RuntimeStore } from "../../src/ports.ts";
import { createVirtualClock, type VirtualClock } from "../../src/simulator/clock.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { startUpkeep, type UpkeepOptions } from "../../src/upkeep.ts";

const HOUR_MS = 3_600_000;

/** Stands for what nobody may ask when there is no profile. */
function untouchable<Thing extends object>(): Thing {
  return new Proxy({} as Thing, {
    get: () => () => {
      throw new Error("was asked");
    },
  });
}

function upkeepOf(runtime: RuntimeStore, clock: VirtualClock): UpkeepOptions {
  return {
    clock,
    runtime,
    rng: () => 0.5,
    settings: openSettingsStore(":memory:", { sealer: createSealer(new Uint8Array(32)) }),
    upstream: untouchable(),
    endpoints: { chatgptUrl: "", authUrl: "", openaiUrl: "", telegramUrl: "" },
    tokens: untouchable(),
    isBusy: () => false,
  };
}

test("a store that fails when it is to be tidied ends nothing, and is tidied an hour later", async () => {
  const clock = createVirtualClock(Date.UTC(2026, 10, 22, 12));
  const runtime = openRuntimeStore(":memory:", "daemon");
  let isHeld = false;
  let tidied = 0;
  const upkeep = startUpkeep(
    upkeepOf(
      {
        ...runtime,
        dropSessionsIdleSince: (beforeMs) => {
          if (isHeld) throw new StoreError("locked", "held", "wait");
          tidied += 1;
          return runtime.dropSessionsIdleSince(beforeMs);
        },
      },
      clock,
    ),
  );
  isHeld = true;
  await clock.advance(HOUR_MS);
  isHeld = false;
  expect(tidied).toBe(1);
  await clock.advance(HOUR_MS);
  expect(tidied).toBe(2);
  upkeep.stop();
});

test("drops stored responses once they are too old, at the start and every hour (trap 44)", async () => {
  const clock = createVirtualClock(Date.UTC(2026, 10, 22, 12));
  const runtime = openRuntimeStore(":memory:", "daemon");
  const save = (id: string) =>
    runtime.saveResponse(
      { keyId: "k", id, savedAtMs: clock.now(), response: "{}", input: "[]", itemIds: [] },
      LIMITS.storedResponsesBytesMax,
    );
  const isThere = (id: string) => runtime.responseText("k", id, 0) !== null;
  save("first");
  await clock.advance(LIMITS.storedResponsesMs + 1);
  save("second");
  const upkeep = startUpkeep(upkeepOf(runtime, clock));
  expect([isThere("first"), isThere("second")]).toEqual([false, true]);
  await clock.advance(LIMITS.storedResponsesMs - HOUR_MS);
  expect(isThere("second")).toBe(true);
  await clock.advance(2 * HOUR_MS);
  expect(isThere("second")).toBe(false);
  upkeep.stop();
});
