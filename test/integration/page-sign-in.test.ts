/** Signing in from the page: an address at once, the outcome in the events, one at a time, nothing left behind. */
import { describe, expect, test } from "bun:test";
import type { PageSignIn, PageSnapshot } from "../../src/operations/page-wire.ts";
import { letIn } from "../support/page-browser.ts";
import { isListening } from "../support/sign-in-world.ts";
import { type PoolOptions, startPool } from "../support/start-pool.ts";

const DEVICE = { device: { intervalSeconds: 1, pendingPolls: 0 } };
/** Upstream's page waits for somebody to type the code. */
const NEVER_TYPED = { device: { intervalSeconds: 1, pendingPolls: 1_000_000 } };

const isOver =
  (state: PageSignIn["state"]) =>
  ({ sign_in }: PageSnapshot): boolean =>
    sign_in?.state === state;

/** Where upstream's page sends the browser back to. */
function returnOf(url: string): string {
  return new URL(url).searchParams.get("redirect_uri") ?? "";
}

async function aPage(options: PoolOptions = {}) {
  const pool = await startPool({ runtime: "desktop", ...options });
  const browser = await letIn(pool);
  const names = () =>
    pool.desk
      .settings()
      .profiles()
      .map(({ name }) => name);
  return { pool, browser, names };
}

describe("a sign-in from the page", () => {
  test("with a browser: an address, a profile, a free port", async () => {
    const { browser, names } = await aPage();
    const events = await browser.events();
    const { url, user_code } = await browser.run("sign-in", { mode: "browser", name: "work" });
    expect(user_code).toBeNull();
    const waiting = await events.until("a sign-in that waits", isOver("waiting"));
    expect(waiting.sign_in).toMatchObject({ mode: "browser", name: "work", url, message: null });
    const page = await fetch(url);
    expect([page.status, new URL(page.url).pathname]).toEqual([200, "/success"]);
    const { sign_in, pool } = await events.until("a sign-in that is done", isOver("done"));
    expect(sign_in?.message).toStartWith("work is signed in and saved.");
    expect(pool.profiles.map(({ name }) => name)).toEqual(["alpha", "work"]);
    expect(names()).toContain("work");
    expect(await isListening(page.url)).toBe(false);
  });

  test("with a code: an address and a code; without a name the e-mail address gives one", async () => {
    const { pool, browser, names } = await aPage({ accounts: [], simulator: DEVICE });
    pool.sim.addChatgptAccount({ name: "anna" });
    const events = await browser.events();
    const { url, user_code } = await browser.run("sign-in", { mode: "device" });
    expect(url).toContain("/codex/device");
    expect(user_code).toMatch(/^[0-9A-F]{4}-[0-9A-F]{5}$/);
    const { sign_in } = await events.until("a sign-in that is done", isOver("done"));
    expect(sign_in?.user_code).toBe(user_code);
    expect(sign_in?.expires_at).not.toBeNull();
    expect(names()).toHaveLength(1);
  });

  test("by the name of a profile that is there is in place", async () => {
    const { pool, browser, names } = await aPage({ simulator: DEVICE });
    const settings = pool.desk.settings();
    const [alpha] = settings.profiles();
    settings.updateProfile(alpha?.id ?? "", { signIn: { state: "needed", reason: "test", sinceMs: 1 } });
    const events = await browser.events();
    await browser.run("sign-in", { mode: "device", name: "alpha" });
    const { sign_in } = await events.until("a sign-in that is done", isOver("done"));
    expect(sign_in?.message).toStartWith("alpha is signed in again.");
    expect([names(), settings.profileNamed("alpha")?.signIn]).toEqual([["alpha"], { state: "ok" }]);
  });

  test("is one at a time, and can be cancelled", async () => {
    const { browser, names } = await aPage({ simulator: NEVER_TYPED });
    const { flow } = await browser.run("sign-in", { mode: "device", name: "one" });
    const second = await browser.post("sign-in", { mode: "browser", name: "two" });
    expect([second.status, await second.json()]).toMatchObject([409, { error: { reason: "conflict" } }]);
    const stray = await browser.post("cancel-sign-in", { flow: "flow_x" });
    expect(stray.status).toBe(404);
    expect(await browser.run("cancel-sign-in", { flow })).toEqual({ flow, state: "cancelled" });
    expect((await browser.post("cancel-sign-in", { flow })).status).toBe(404);
    const { sign_in } = await (await browser.events()).until("anything", () => true);
    expect(sign_in).toMatchObject({ flow, state: "cancelled" });
    const next = await browser.run("sign-in", { mode: "browser", name: "two" });
    expect(await browser.run("cancel-sign-in", { flow: next.flow })).toMatchObject({ state: "cancelled" });
    expect([names(), await isListening(returnOf(next.url))]).toEqual([["alpha"], false]);
  });

  test("that upstream refuses says why", async () => {
    const { browser } = await aPage({ simulator: { device: { enabled: false } } });
    const refused = await browser.post("sign-in", { mode: "device", name: "work" });
    const body = await refused.json();
    expect([refused.status, body]).toMatchObject([422, { error: { reason: "failed" } }]);
    // The next one is not kept waiting by it.
    const { flow } = await browser.run("sign-in", { mode: "browser", name: "work" });
    await browser.run("cancel-sign-in", { flow });
  });

  test.each([
    ["a mode there is not", { mode: "carrier pigeon" }, 400],
    ["no mode", {}, 400],
    ["an empty name", { mode: "device", name: "" }, 400],
    ["a name no profile can have", { mode: "device", name: "<b>x</b>" }, 400],
  ])("is refused for %s", async (_, input, status) => {
    const { browser } = await aPage();
    expect((await browser.post("sign-in", input)).status).toBe(status);
  });

  test("through the operation itself needs a person, whom the page is not", async () => {
    const { browser } = await aPage();
    const input = { name: "work", proxy: null, method: "browser", secret: null, timeout_s: null };
    expect((await browser.post("profile.add", input)).status).toBe(400);
  });

  test("with a key is the operation itself", async () => {
    const { pool, browser, names } = await aPage();
    const { apiKey } = pool.sim.addApiKeyAccount({ name: "platform" });
    const input = { name: "direct", proxy: null, method: "api-key", secret: apiKey, timeout_s: null } as const;
    const { profile } = await browser.run("profile.add", input);
    expect([profile.outcome, profile.name]).toEqual(["added", "direct"]);
    expect(names()).toEqual(["alpha", "direct"]);
  });

  test("ends with the runtime, and its port is free then", async () => {
    const { pool, browser } = await aPage();
    const { url } = await browser.run("sign-in", { mode: "browser", name: "work" });
    expect(await isListening(returnOf(url))).toBe(true);
    await pool.stop();
    expect(await isListening(returnOf(url))).toBe(false);
  });
});
