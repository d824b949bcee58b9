/** Makes a key useless for good. */
import { Type } from "typebox";
import type { KeyRecord, Runtime, RuntimeStore } from "../ports.ts";
import { nearMissOf } from "./near-miss.ts";
import { type Desk, defineOperation, OperationError } from "./operation.ts";
import { RuntimeName, WireTime, wireTime } from "./shapes.ts";

function otherRuntime(runtime: Runtime): Runtime {
  return runtime === "desktop" ? "daemon" : "desktop";
}

function hintFor(desk: Desk, runtime: Runtime, id: string): string {
  const other = otherRuntime(runtime);
  if (findKey(desk.runtime(other), id) !== null) return `It is a key of the ${other} runtime: add --runtime=${other}`;
  const meant = nearMissOf(
    id,
    desk
      .runtime(runtime)
      .keys()
      .map((key) => key.id),
  );
  return meant === null
    ? `See the keys: codexuse account-pool keys list --runtime=${runtime}`
    : `Did you mean ${meant}?`;
}

function findKey(store: RuntimeStore, id: string): KeyRecord | null {
  return store.keys().find((key) => key.id === id) ?? null;
}

export const revokeKey = defineOperation({
  name: "account-pool.keys.revoke",
  summary: "Revoke an API key for good",
  input: Type.Object({ runtime: RuntimeName, id: Type.String({ minLength: 1 }) }),
  output: Type.Object({
    changed: Type.Boolean(),
    id: Type.String(),
    name: Type.String(),
    runtime: RuntimeName,
    revoked_at: WireTime,
    untouched: Type.String(),
  }),
  changes: true,
  run(desk, input) {
    const store = desk.runtime(input.runtime);
    const key = findKey(store, input.id);
    if (key === null) {
      const hint = hintFor(desk, input.runtime, input.id);
      throw new OperationError("not-found", `The ${input.runtime} runtime has no key "${input.id}".`, hint);
    }
    const nowMs = desk.clock.now();
    const changed = store.revokeKey(key.id, nowMs);
    return {
      changed,
      id: key.id,
      name: key.name,
      runtime: input.runtime,
      revoked_at: wireTime(key.revokedAtMs ?? nowMs),
      untouched: "Other keys go on working. Turns that run now are finished.",
    };
  },
});
