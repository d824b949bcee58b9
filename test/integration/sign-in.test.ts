/** Signing in with a browser or a code: what counts, what is refused, and how it ends. */
import { describe, expect, onTestFinished, test } from "bun:test";
import { LIMITS } from "../../src/limits.ts";
import { httpAnswer } from "../../src/simulator/fault.ts";
import { aSignInWorld, isListening } from "../support/sign-in-world.ts";
import { waitUntil } from "../support/wait-until.ts";

const BOUND_MS = 5_000;

describe("a sign-in with a browser", () => {
  test("ends at the success page, with a profile, and the port is free again", async () => {
    const { start, sim, settings, anna } = aSignInWorld();
    const signIn = start();
    const callback = await signIn.approve();
    const page = await fetch(callback);
    expect(page.status).toBe(200);
    expect(new URL(page.url).pathname).toBe("/success");
    expect(await page.text()).toContain("You are signed in");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await signIn.outcome).toMatchObject({ kind: "finished", result: { kind: "added" } });
    expect(settings.profileNamed("work")).toMatchObject({ userId: anna.userId, ownership: "owned" });
    expect(await isListening(callback)).toBe(false);
    const [exchange] = sim.callsTo("token");
    expect(exchange?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(exchange?.headers["authorization"]).toBeUndefined();
  });

  test("a foreign state is refused and changes nothing: the right one still counts", async () => {
    const { start, sim } = aSignInWorld();
    const signIn = start();
    const callback = await signIn.approve();
    const foreign = new URL(callback);
    foreign.searchParams.set("state", "somebody-else's");
    const refused = await fetch(foreign);
    expect([refused.status, (await refused.text()).includes("State mismatch")]).toEqual([400, true]);
    expect(sim.callsTo("token")).toEqual([]);
    await fetch(callback);
    expect((await signIn.outcome).kind).toBe("finished");
  });

  test("answers only this machine's own name, only GET, and only its three pages (trap 43)", async () => {
    const { start } = aSignInWorld();
    const signIn = start();
    const callback = await signIn.approve();
    const statusOf = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(new URL(path, callback), { redirect: "manual", ...init });
      await answer.body?.cancel();
      return answer.status;
    };
    for (const host of ["evil.test", "127.0.0.1.evil.test", "127.0.0.1:1455.evil.test", "localhost.evil.test"]) {
      expect(await statusOf(callback, { headers: { host } })).toBe(403);
    }
    expect(await statusOf(callback, { method: "POST" })).toBe(405);
    expect(await statusOf("/")).toBe(404);
    expect(await statusOf("/auth")).toBe(404);
    expect(await statusOf("/cancel", { headers: { "sec-fetch-site": "cross-site" } })).toBe(403);
    signIn.giveUp();
    expect(await signIn.outcome).toEqual({ kind: "failed", failure: "cancelled" });
  });

  test("a page that is loaded again, while it waits or afterwards, makes one exchange", async () => {
    const { start, sim } = aSignInWorld();
    const signIn = start();
    const callback = await signIn.approve();
    const pages = await Promise.all([0, 1, 2].map(() => fetch(callback, { redirect: "manual" })));
    expect(pages.map((page) => page.status)).toEqual([302, 302, 302]);
    expect((await fetch(callback)).status).toBe(200);
    expect((await signIn.outcome).kind).toBe("finished");
    expect(sim.callsTo("token")).toHaveLength(1);
  });

  test("no in the browser is a no, said there too", async () => {
    const { start, settings } = aSignInWorld();
    const signIn = start();
    const denied = new URL(await signIn.approve());
    denied.searchParams.delete("code");
    denied.searchParams.set("error", "access_denied");
    const page = await fetch(denied);
    expect([page.status, (await page.text()).includes("refused in the browser")]).toEqual([400, true]);
    expect(await signIn.outcome).toEqual({ kind: "failed", failure: "denied" });
    expect(settings.profiles()).toEqual([]);
    expect(await isListening(denied.href)).toBe(false);
  });

  test("what cannot be saved is told in the browser, not only at the terminal", async () => {
    const { start, save, sim } = aSignInWorld();
    await save(sim.addChatgptAccount({ name: "bert" }), "work");
    const signIn = start();
    const page = await fetch(await signIn.approve());
    expect([page.status, (await page.text()).includes("Another profile has this name")]).toEqual([400, true]);
    expect(await signIn.outcome).toMatchObject({ kind: "finished", result: { kind: "refused", code: "name-taken" } });
  });

  const exchanges = [
    ["a code that upstream does not take", httpAnswer(400, { error: "invalid_grant" }), "refused"],
    ["an answer without tokens", httpAnswer(200, {}), "refused"],
    ["an answer that is no JSON", httpAnswer(200, "<html>"), "refused"],
    ["a line that breaks", "reset-before-headers", "unreachable"],
  ] as const;
  for (const [given, fault, failure] of exchanges) {
    test(`${given} ends it: ${failure}`, async () => {
      const { start, sim, settings } = aSignInWorld();
      sim.script.fail(fault, { endpoint: "token" });
      const signIn = start();
      const page = await fetch(await signIn.approve());
      expect(page.status).toBe(400);
      expect(await signIn.outcome).toEqual({ kind: "failed", failure });
      expect(settings.profiles()).toEqual([]);
    });
  }

  test("the second port serves when the first is taken, and none means so", async () => {
    const { start } = aSignInWorld();
    const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    onTestFinished(() => other.stop(true));
    const taken = other.port ?? 0;
    const signIn = start({ ports: [taken, 0] });
    const callback = new URL(await signIn.approve());
    expect(callback.port).not.toBe(String(taken));
    await fetch(callback);
    expect((await signIn.outcome).kind).toBe("finished");
    const none = start({ ports: [taken, taken] });
    expect(await none.outcome).toEqual({ kind: "failed", failure: "ports-taken" });
  });
});

describe("a sign-in that nobody finishes", () => {
  test("ends by the clock, and frees the port", async () => {
    const { start, clock } = aSignInWorld();
    const signIn = start({ timeoutMs: 60_000 });
    const callback = await signIn.approve();
    await clock.advance(59_000);
    expect(await isListening(callback)).toBe(true);
    await clock.advance(1_001);
    expect(await signIn.outcome).toEqual({ kind: "failed", failure: "timed-out" });
    expect(await isListening(callback)).toBe(false);
  });

  test("ends by the person, also before it began and in the middle of the exchange", async () => {
    const { start, sim, settings } = aSignInWorld();
    const early = new AbortController();
    early.abort(new Error("gone"));
    expect(await start({ signal: early.signal }).outcome).toEqual({ kind: "failed", failure: "cancelled" });

    sim.script.fail("hang-before-headers", { endpoint: "token" });
    const signIn = start();
    const callback = await signIn.approve();
    const page = fetch(callback).then(
      (answer) => answer.status,
      () => 0,
    );
    await waitUntil("the exchange", () => sim.callsTo("token").length === 1, BOUND_MS);
    signIn.giveUp();
    expect(await signIn.outcome).toEqual({ kind: "failed", failure: "cancelled" });
    expect([0, 400]).toContain(await page);
    expect(settings.profiles()).toEqual([]);
    expect(await isListening(callback)).toBe(false);
  });

  test("ends when another sign-in on this machine asks for the port", async () => {
    const { start } = aSignInWorld();
    const signIn = start();
    const callback = await signIn.approve();
    const page = await fetch(new URL("/cancel", callback));
    expect(await page.text()).toContain("cancelled");
    expect(await signIn.outcome).toEqual({ kind: "failed", failure: "cancelled" });
    expect(await isListening(callback)).toBe(false);
  });
});

describe("a pasted address", () => {
  test("stands in for a browser that cannot reach us; other lines are told apart", async () => {
    const { start, settings } = aSignInWorld();
    const signIn = start();
    const callback = await signIn.approve();
    signIn.type("");
    signIn.type("hello?");
    signIn.type(callback.replace(/state=[^&]*/, "state=older"));
    await waitUntil("two lines refused", () => signIn.unusableLines.count === 2, BOUND_MS);
    signIn.type(callback);
    expect(await signIn.outcome).toMatchObject({ kind: "finished", result: { kind: "added" } });
    expect(settings.profileNamed("work")).not.toBeNull();
    expect(await isListening(callback)).toBe(false);
  });
});

describe("a sign-in with a code", () => {
  for (const pendingStatus of [403, 404] as const) {
    test(`asks in upstream's interval while the answer is ${pendingStatus}, and saves what comes`, async () => {
      const { start, clock, sim, settings } = aSignInWorld({
        device: { pendingPolls: 2, pendingStatus, intervalSeconds: 7 },
      });
      const signIn = start({}, "device");
      expect(await signIn.invitation()).toMatchObject({
        kind: "device",
        url: "https://auth.openai.com/codex/device",
        code: expect.stringMatching(/^[0-9A-F]{4}-[0-9A-F]{5}$/),
      });
      const outcome = await clock.runUntil(signIn.outcome, 60_000);
      expect(outcome).toMatchObject({ kind: "finished", result: { kind: "added" } });
      const polls = sim.callsTo("device-token").map((call) => call.at);
      expect(polls.map((at) => at - (polls[0] ?? 0))).toEqual([0, 7_000, 14_000]);
      expect(settings.profileNamed("work")?.signIn).toEqual({ state: "ok" });
    });
  }

  const refusals = [
    ["device-code", 404, "device-disabled"],
    ["device-code", 400, "refused"],
    ["device-code", 500, "refused"],
    ["device-token", 400, "refused"],
    ["device-token", 500, "refused"],
    ["token", 400, "refused"],
  ] as const;
  for (const [endpoint, status, failure] of refusals) {
    test(`${status} from ${endpoint} is the end of it: ${failure}`, async () => {
      const { start, clock, sim, settings } = aSignInWorld({ device: { pendingPolls: 0 } });
      sim.script.fail(httpAnswer(status, {}), { endpoint, times: 9 });
      const outcome = await clock.runUntil(start({}, "device").outcome, 60_000);
      expect(outcome).toEqual({ kind: "failed", failure });
      expect(sim.callsTo(endpoint)).toHaveLength(1);
      expect(settings.profiles()).toEqual([]);
    });
  }

  test("a gateway's trouble and a broken line in between are waited out", async () => {
    const { start, clock, sim } = aSignInWorld({ device: { pendingPolls: 0 } });
    sim.script.fail(httpAnswer(503, "<html>"), { endpoint: "device-token", onCall: 1 });
    sim.script.fail("reset-before-headers", { endpoint: "device-token", onCall: 2 });
    const outcome = await clock.runUntil(start({}, "device").outcome, 60_000);
    expect(outcome.kind).toBe("finished");
    expect(sim.callsTo("device-token")).toHaveLength(3);
  });

  test("an unreachable service is told at once", async () => {
    const { start, clock, sim } = aSignInWorld();
    sim.script.fail("refused", { endpoint: "device-code", times: 9 });
    const outcome = await clock.runUntil(start({}, "device").outcome, 60_000);
    expect(outcome).toEqual({ kind: "failed", failure: "unreachable" });
  });

  test("the code's own end, the time the owner gave, and the owner's patience are told apart", async () => {
    const device = { pendingPolls: 1_000_000, intervalSeconds: 30 };
    const expired = aSignInWorld({ device });
    const late = await expired.clock.runUntil(expired.start({ timeoutMs: 86_400_000 }, "device").outcome, 3_600_000);
    expect(late).toEqual({ kind: "failed", failure: "code-expired" });

    const timed = aSignInWorld({ device });
    const out = await timed.clock.runUntil(timed.start({ timeoutMs: 61_000 }, "device").outcome, 3_600_000);
    expect(out).toEqual({ kind: "failed", failure: "timed-out" });
    expect(timed.sim.callsTo("device-token").length).toBeLessThanOrEqual(3);

    const left = aSignInWorld({ device });
    const signIn = left.start({}, "device");
    await signIn.invitation();
    signIn.giveUp();
    expect(await signIn.outcome).toEqual({ kind: "failed", failure: "cancelled" });
  });
});

test("every call of a sign-in goes through the proxy that was given (trap 25)", async () => {
  const proxyUrl = "http://proxy.example:8080";
  const browser = aSignInWorld();
  const signIn = browser.start({ proxyUrl });
  await fetch(await signIn.approve());
  await signIn.outcome;
  const device = aSignInWorld({ device: { pendingPolls: 1 } });
  await device.clock.runUntil(device.start({ proxyUrl }, "device").outcome, 60_000);
  const sent = [...browser.sent, ...device.sent];
  expect(sent.map(({ url }) => new URL(url).pathname)).toEqual([
    "/oauth/token",
    "/api/accounts/deviceauth/usercode",
    "/api/accounts/deviceauth/token",
    "/api/accounts/deviceauth/token",
    "/oauth/token",
  ]);
  expect(new Set(sent.map((request) => request.proxyUrl))).toEqual(new Set([proxyUrl]));
});

test("the usual wait is as long as a code lives", () => {
  expect(LIMITS.signInMs).toBe(15 * 60_000);
});
