import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { LIMITS } from "../../../src/limits.ts";
import { createPoolKey } from "../../../src/operations/pool-key.ts";
import type { StoredResponses } from "../../../src/ports.ts";
import type { Door, SocketEars, SocketLine } from "../../../src/server/listen.ts";
import type { Serving } from "../../../src/server/serving.ts";
import { openDoor } from "../../../src/server/socket-door.ts";
import { WrongKeys } from "../../../src/server/wrong-keys.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/simulator/clock.ts";

const NOON_MS = Date.UTC(2026, 10, 22, 12);
const KEY = createPoolKey(randomBytes);

const NO_RESPONSES: StoredResponses = {
  saveResponse: () => undefined,
  responseText: () => null,
  inputText: () => null,
  responseOfItem: () => null,
  removeResponse: () => false,
  pruneResponses: () => 0,
};

/** A runtime whose only key is `KEY` and that serves nothing. */
function aServing(clock: VirtualClock): Serving {
  const record = { id: "key_1", name: "test", hash: "hash", last4: "", createdAtMs: 0, revokedAtMs: null };
  return {
    runtime: "daemon",
    version: "0",
    clock,
    keys: {
      runtime: "daemon",
      clock,
      hash: () => "hash",
      byHash: () => ({ ...record, lastUsedAtMs: clock.now() }),
      touch: () => undefined,
      isOfOtherRuntime: () => false,
      wrong: new WrongKeys(clock, () => undefined),
    },
    emit: () => undefined,
    newId: (prefix) => `${prefix}_1`,
    isReady: () => true,
    names: () => ({ models: [], hidden: new Set(), aliases: [], fast: false }),
    serve: () => Promise.resolve({ kind: "left", by: { sessionId: "", profile: null } }),
    responses: NO_RESPONSES,
    metrics: () => Promise.resolve({ text: "", contentType: "" }),
    page: null,
  };
}

interface Scene {
  readonly clock: VirtualClock;
  readonly door: Door;
  readonly ears: SocketEars[];
  /** What each line was told, such as `close 1012`. */
  readonly told: string[];
  /** Status of the refusal, or "open". */
  knock(): Promise<number | "open">;
}

function openScene(): Scene {
  const clock = createVirtualClock(NOON_MS);
  const door = openDoor(aServing(clock), () => new Response(null, { status: 204 }));
  const ears: SocketEars[] = [];
  const told: string[] = [];
  const line: SocketLine = {
    cork: (send) => send(),
    send: () => 1,
    close: (code) => void told.push(`close ${code}`),
    terminate: () => void told.push("terminate"),
  };
  const headers = { host: "127.0.0.1:3773", upgrade: "websocket", authorization: `Bearer ${KEY}` };
  return {
    clock,
    door,
    ears,
    told,
    async knock() {
      const request = new Request("http://127.0.0.1:3773/v1/responses", { headers });
      const answer = await door.answer(request, (heard) => {
        ears.push(heard);
        heard.open(line);
        return true;
      });
      return answer?.status ?? "open";
    },
  };
}

test("takes so many connections and no more; a client that is refused goes on over HTTP (trap 44)", async () => {
  const { ears, knock } = openScene();
  for (let count = 0; count < LIMITS.socketsMax; count += 1) expect(await knock()).toBe("open");
  expect(await knock()).toBe(426);
  ears[0]?.close();
  expect(await knock()).toBe("open");
  expect(await knock()).toBe(426);
});

test("on stop idle connections are closed, and one that does not agree is cut; none is taken any more", async () => {
  const { clock, door, told, knock } = openScene();
  await knock();
  door.drain();
  expect(told).toEqual(["close 1012"]);
  expect(await knock()).toBe(426);
  await clock.advance(LIMITS.socketPongMs);
  expect(told).toEqual(["close 1012", "terminate"]);
});

test("an hour is enough, also for a connection that never said anything", async () => {
  const { clock, told, knock } = openScene();
  await knock();
  await clock.advance(LIMITS.socketMs - 1);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(["close 1001"]);
});

test("a connection that is gone leaves no clock behind", async () => {
  const { clock, ears, knock } = openScene();
  await knock();
  ears[0]?.close();
  expect(clock.pendingTimers()).toBe(0);
});

test("whatever is no upgrade of this route is for HTTP", async () => {
  const { door } = openScene();
  const answer = await door.answer(new Request("http://127.0.0.1:3773/v1/models"), () => false);
  expect(answer?.status).toBe(204);
});
