import { describe, expect, test } from "bun:test";
import { addPoolProfiles } from "../../../src/operations/add-pool-profiles.ts";
import { createKey } from "../../../src/operations/create-key.ts";
import { disablePool } from "../../../src/operations/disable-pool.ts";
import { enablePool } from "../../../src/operations/enable-pool.ts";
import { endSession } from "../../../src/operations/end-session.ts";
import { OPERATIONS } from "../../../src/operations/list.ts";
import { listKeys } from "../../../src/operations/list-keys.ts";
import { listPoolProfiles } from "../../../src/operations/list-pool-profiles.ts";
import { listSessions } from "../../../src/operations/list-sessions.ts";
import { OperationError, type OperationErrorCode } from "../../../src/operations/operation.ts";
import { checkPoolKey, hashPoolKey } from "../../../src/operations/pool-key.ts";
import { removePoolProfiles } from "../../../src/operations/remove-pool-profiles.ts";
import { removeProfile } from "../../../src/operations/remove-profile.ts";
import { renameProfile } from "../../../src/operations/rename-profile.ts";
import { reserveHeadroom } from "../../../src/operations/reserve-headroom.ts";
import { revokeKey } from "../../../src/operations/revoke-key.ts";
import { routePool } from "../../../src/operations/route-pool.ts";
import { runOperation } from "../../../src/operations/run-operation.ts";
import { showPoolStatus } from "../../../src/operations/show-pool-status.ts";
import { showSession } from "../../../src/operations/show-session.ts";
import type { ProfileRecord } from "../../../src/ports.ts";
import { aDesk, DESK_NOW_MS, type TestDesk } from "../../support/a-desk.ts";
import { aCredential, aProfile, aSession, aTurn } from "../../support/records.ts";

function addProfile(desk: TestDesk, name: string, change: Partial<ProfileRecord> = {}): void {
  const profile = aProfile({
    id: `id-${name}`,
    name,
    accountKey: `account-${name}`,
    userId: `user-${name}`,
    ...change,
  });
  expect(desk.settingsStore.addProfile({ ...profile, email: `${name}@example.test` }, aCredential())).toBe(true);
}

async function refusalOf(
  work: () => unknown,
): Promise<{ reason: OperationErrorCode; message: string; hint: string | null }> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OperationError) return { reason: error.reason, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error("was not refused");
}

describe("the pool's switch", () => {
  test("says before, after and what is still missing", async () => {
    const desk = aDesk();
    const change = await enablePool.run(desk, {});
    expect(change).toMatchObject({ changed: true, before: { enabled: false }, after: { enabled: true } });
    expect(change.hint).toContain("profiles add");
    expect(desk.settingsStore.pool().enabled).toBe(true);
    expect(await enablePool.run(desk, {})).toMatchObject({ changed: false, before: { enabled: true } });
  });

  test("goes off again and leaves everything else alone", async () => {
    const desk = aDesk();
    addProfile(desk, "work", { selected: true });
    await enablePool.run(desk, {});
    expect(await disablePool.run(desk, {})).toMatchObject({ changed: true, after: { enabled: false } });
    expect(desk.settingsStore.profileNamed("work")?.selected).toBe(true);
  });
});

describe("routing", () => {
  test("is shown without being changed", async () => {
    const desk = aDesk();
    expect(await routePool.run(desk, { routing: null })).toMatchObject({
      changed: false,
      after: { routing: "least-used" },
    });
  });

  test("is set, before and after said", async () => {
    const desk = aDesk();
    const change = await routePool.run(desk, { routing: "round-robin" });
    expect(change).toMatchObject({
      changed: true,
      before: { routing: "least-used" },
      after: { routing: "round-robin" },
    });
    expect(desk.settingsStore.pool().routing).toBe("round-robin");
  });
});

describe("who is in the pool", () => {
  test("is chosen by name in any case, several at once", async () => {
    const desk = aDesk();
    for (const name of ["work", "home", "spare"]) addProfile(desk, name);
    const change = await addPoolProfiles.run(desk, { profiles: ["WORK", "home"] });
    expect(change).toMatchObject({ changed: true, before: { profiles: [] }, after: { profiles: ["home", "work"] } });
    const listed = await listPoolProfiles.run(desk, {});
    expect(listed.profiles.map((view) => [view.name, view.selected])).toEqual([
      ["home", true],
      ["work", true],
      ["spare", false],
    ]);
  });

  test("stays as it was when one of the names is not known", async () => {
    const desk = aDesk();
    addProfile(desk, "work");
    const refusal = await refusalOf(() => addPoolProfiles.run(desk, { profiles: ["work", "wrok"] }));
    expect(refusal).toMatchObject({ reason: "not-found", hint: 'Did you mean "work"?' });
    expect(desk.settingsStore.profileNamed("work")?.selected).toBe(false);
  });

  test("tells of two profiles of one account, which share one headroom", async () => {
    const desk = aDesk();
    addProfile(desk, "work", { accountKey: "same", userId: "same", createdAtMs: 1 });
    addProfile(desk, "twin", { accountKey: "same", userId: "same", createdAtMs: 2 });
    const change = await addPoolProfiles.run(desk, { profiles: ["twin"] });
    expect(change.hint).toBe('"twin" is the same account as "work": they share one headroom.');
  });

  test("shrinks without losing the profile, and warns when nobody is left", async () => {
    const desk = aDesk();
    addProfile(desk, "work", { selected: true });
    const change = await removePoolProfiles.run(desk, { profiles: ["work"] });
    expect(change).toMatchObject({ before: { profiles: ["work"] }, after: { profiles: [] } });
    expect(change.hint).toContain("empty");
    expect(desk.settingsStore.credential("id-work")).not.toBeNull();
  });
});

describe("keys", () => {
  test("are shown once, in full form, and kept only as a hash", async () => {
    const desk = aDesk();
    const made = await createKey.run(desk, { runtime: "daemon", name: " laptop " });
    expect(checkPoolKey(made.key)).toBe("ok");
    expect(made).toMatchObject({ name: "laptop", runtime: "daemon", base_url: "http://127.0.0.1:3773/v1" });
    const [record] = desk.daemonStore.keys();
    expect(record).toMatchObject({ id: made.id, hash: hashPoolKey(made.key), last4: made.key.slice(-4) });
    expect(JSON.stringify(record)).not.toContain(made.key);
    expect(JSON.stringify(await listKeys.run(desk, { runtime: "daemon" }))).not.toContain(made.key);
  });

  test("belong to one runtime", async () => {
    const desk = aDesk();
    await createKey.run(desk, { runtime: "desktop", name: null });
    expect((await listKeys.run(desk, { runtime: "desktop" })).keys.length).toBe(1);
    expect((await listKeys.run(desk, { runtime: "daemon" })).keys).toEqual([]);
  });

  test("point to where the runtime serves, or was pinned to", async () => {
    const desk = aDesk();
    desk.daemonStore.setPort(4000);
    expect((await createKey.run(desk, { runtime: "daemon", name: null })).base_url).toBe("http://127.0.0.1:4000/v1");
    expect((await createKey.run(desk, { runtime: "desktop", name: null })).base_url).toBe("http://127.0.0.1:3774/v1");
  });

  test("vanish from the list when revoked, once and for all", async () => {
    const desk = aDesk();
    const { id } = await createKey.run(desk, { runtime: "daemon", name: "laptop" });
    const done = await revokeKey.run(desk, { runtime: "daemon", id });
    expect(done).toMatchObject({ changed: true, id, revoked_at: new Date(DESK_NOW_MS).toISOString() });
    expect((await listKeys.run(desk, { runtime: "daemon" })).keys).toEqual([]);
    expect(await revokeKey.run(desk, { runtime: "daemon", id })).toMatchObject({ changed: false });
  });

  test("of the other runtime are pointed out instead of revoked", async () => {
    const desk = aDesk();
    const { id } = await createKey.run(desk, { runtime: "daemon", name: "laptop" });
    const refusal = await refusalOf(() => revokeKey.run(desk, { runtime: "desktop", id }));
    expect(refusal).toMatchObject({
      reason: "not-found",
      hint: "It is a key of the daemon runtime: add --runtime=daemon",
    });
    expect((await listKeys.run(desk, { runtime: "daemon" })).keys.length).toBe(1);
  });

  test("have names of a line at most", async () => {
    const desk = aDesk();
    const name = (text: string) => () => createKey.run(desk, { runtime: "daemon", name: text });
    expect(await refusalOf(name("a\u001b[31mb"))).toMatchObject({ reason: "usage" });
    expect(await refusalOf(name("x".repeat(81)))).toMatchObject({ reason: "usage" });
  });
});

describe("sessions", () => {
  function withSession(): TestDesk {
    const desk = aDesk();
    addProfile(desk, "work");
    desk.daemonStore.saveSession(aSession({ profileId: "id-work", keyId: "key-1", lastUsedAtMs: 5_000 }));
    desk.daemonStore.saveSession(
      aSession({ id: "session-2", affinityHash: "c".repeat(64), profileId: null, lastUsedAtMs: 9_000 }),
    );
    return desk;
  }

  test("are listed last used first, with names where there are any", async () => {
    const { sessions } = await listSessions.run(withSession(), { runtime: "daemon" });
    expect(sessions.map(({ id, profile, key, key_name }) => ({ id, profile, key, key_name }))).toEqual([
      { id: "session-2", profile: null, key: "key-1", key_name: null },
      { id: "session-1", profile: "work", key: "key-1", key_name: null },
    ]);
  });

  test("show their last turn with everything that was considered", async () => {
    const desk = withSession();
    desk.daemonStore.recordTurn(aTurn());
    const { session, last_turn } = await showSession.run(desk, { runtime: "daemon", id: "session-1" });
    expect(session.id).toBe("session-1");
    expect(last_turn).toMatchObject({
      id: "turn-1",
      ended: "done",
      considered: [{ profile: "Work", verdict: "chosen", reason: "most-room" }],
    });
  });

  test("end, and are not there afterwards", async () => {
    const desk = withSession();
    expect(await endSession.run(desk, { runtime: "daemon", id: "session-1" })).toMatchObject({ changed: true });
    const refusal = await refusalOf(() => showSession.run(desk, { runtime: "daemon", id: "session-1" }));
    expect(refusal).toMatchObject({ reason: "not-found", hint: "Did you mean session-2?" });
  });

  test("of the other runtime are pointed out", async () => {
    const refusal = await refusalOf(() => endSession.run(withSession(), { runtime: "desktop", id: "session-1" }));
    expect(refusal.hint).toContain("--runtime=daemon");
  });
});

describe("profiles", () => {
  test("are renamed, also in case only, but not to a name that is taken", async () => {
    const desk = aDesk();
    addProfile(desk, "work");
    addProfile(desk, "home");
    expect(await renameProfile.run(desk, { name: "work", new_name: "Work" })).toMatchObject({
      after: { name: "Work" },
    });
    expect(await refusalOf(() => renameProfile.run(desk, { name: "work", new_name: "HOME" }))).toMatchObject({
      reason: "conflict",
    });
    expect(await refusalOf(() => renameProfile.run(desk, { name: "work", new_name: "--json" }))).toMatchObject({
      reason: "usage",
    });
    expect(await refusalOf(() => renameProfile.run(desk, { name: "nobody", new_name: "x" }))).toMatchObject({
      reason: "not-found",
    });
  });

  test("keep a share of their headroom out of the pool", async () => {
    const desk = aDesk();
    addProfile(desk, "work");
    const change = await reserveHeadroom.run(desk, { name: "work", percent: 20 });
    expect(change).toMatchObject({ changed: true, before: { reserve_percent: 0 }, after: { reserve_percent: 20 } });
    expect(desk.settingsStore.profileNamed("work")?.reservePercent).toBe(20);
  });

  test("go with their credentials, and a linked file stays", async () => {
    const desk = aDesk();
    addProfile(desk, "work");
    addProfile(desk, "codex", { ownership: "linked", linkPath: "/home/me/.codex/auth.json" });
    await removeProfile.run(desk, { name: "work" });
    expect(desk.settingsStore.profileNamed("work")).toBeNull();
    expect(desk.settingsStore.credential("id-work")).toBeNull();
    const { untouched } = await removeProfile.run(desk, { name: "codex" });
    expect(untouched).toContain("/home/me/.codex/auth.json");
  });
});

describe("the pool's status", () => {
  /** Everything a pool needs, up to the step that is left out. */
  async function upTo(step: number, presence = {}): Promise<string | null> {
    const desk = aDesk({ presence });
    if (step > 0) addProfile(desk, "work");
    if (step > 1) await addPoolProfiles.run(desk, { profiles: ["work"] });
    if (step > 2) await enablePool.run(desk, {});
    if (step > 3) await createKey.run(desk, { runtime: "daemon", name: null });
    return (await showPoolStatus.run(desk, { runtime: "daemon", port: null })).hint;
  }

  const steps = [
    ["no profile", "profile import"],
    ["nobody chosen", "profiles add"],
    ["the pool off", "account-pool enable"],
    ["no key", "keys create --runtime=daemon"],
    ["no runtime", "daemon start"],
  ] as const;
  steps.forEach(([missing, hint], step) => {
    test(`hints at the next step with ${missing}`, async () => {
      expect(await upTo(step)).toContain(hint);
    });
  });

  test("has no hint when everything serves", async () => {
    expect(await upTo(4, { running: true, pid: 7 })).toBeNull();
  });

  test("hints at the sign-in when nobody in the pool has one", async () => {
    const desk = aDesk();
    addProfile(desk, "work", { selected: true, signIn: { state: "needed", reason: "sign-in-refused", sinceMs: 1 } });
    await enablePool.run(desk, {});
    const { hint } = await showPoolStatus.run(desk, { runtime: "daemon", port: null });
    expect(hint).toContain("--name=work");
  });

  test("has every field scripts hold on to", async () => {
    const desk = aDesk({ presence: { running: true, pid: 7 } });
    addProfile(desk, "work", { selected: true });
    await createKey.run(desk, { runtime: "daemon", name: null });
    desk.daemonStore.saveSession(aSession());
    const status = await showPoolStatus.run(desk, { runtime: "daemon", port: 4001 });
    expect(status).toMatchObject({
      enabled: false,
      runtime: "daemon",
      running: true,
      pid: 7,
      port: 4001,
      base_url: "http://127.0.0.1:4001/v1",
      routing: "least-used",
      fast: false,
      keys: 1,
      sessions: 1,
    });
    expect(status.models.length).toBeGreaterThan(0);
    expect(status.profiles.map((profile) => profile.name)).toEqual(["work"]);
  });
});

describe("runOperation", () => {
  test("checks the input and does not repeat a value, which may be a secret", async () => {
    const desk = aDesk();
    const refusal = await refusalOf(() => runOperation(routePool, desk, { routing: "cux_pool_secret" }));
    expect(refusal.reason).toBe("usage");
    expect(JSON.stringify(refusal)).not.toContain("secret");
    expect(await refusalOf(() => runOperation(reserveHeadroom, desk, { name: "a", percent: 101 }))).toMatchObject({
      reason: "usage",
    });
    expect(await refusalOf(() => runOperation(removeProfile, desk, null))).toMatchObject({ reason: "usage" });
  });

  test("answers in the shape the operation promises, for each that reads", async () => {
    const { Value } = await import("typebox/value");
    const desk = aDesk();
    addProfile(desk, "work");
    desk.daemonStore.saveSession(aSession());
    desk.daemonStore.recordTurn(aTurn());
    const input = { runtime: "daemon", port: null, id: "session-1" };
    for (const operation of OPERATIONS.filter((one) => !one.changes)) {
      const output = await runOperation(operation, desk, input);
      expect([operation.name, [...Value.Errors(operation.output, output)]]).toEqual([operation.name, []]);
    }
  });
});
