/** The Settings page of the compiled program, in a real browser, with the simulator as its OpenAI. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type DrivenPage, findBarriers, launchBrowser, openPage, overhangOf } from "../support/drive-page.ts";
import { BROWSERS, findBrowser, isBrowserRequired } from "../support/find-browser.ts";
import { type Desktop, type Installation, importAccount, installBinary, runDesktop } from "../support/start-binary.ts";

setDefaultTimeout(60_000);

const LOOPBACK = ["127.0.0.1", "localhost"];
const MARKUP = `<img src="/x" onerror="document.title='owned'">`;

const executable = findBrowser();
let browser: Browser;

interface Visit extends DrivenPage {
  readonly program: Installation;
  readonly desktop: Desktop;
}

async function ask(desktop: Desktop, key: string, input = "Hello!"): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${desktop.port}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-5.5", input }),
  });
  return { status: answer.status, text: await answer.text() };
}

/** A program that has nothing yet, and its owner at the page. */
async function visitEmpty(): Promise<Visit> {
  const installed = await installBinary({ simulator: { device: { pendingPolls: 0 } } });
  const program = { ...installed, env: { CODEXUSE_CALLBACK_PORTS: "0,0", ...installed.env } };
  const desktop = await runDesktop(program);
  const driven = await openPage(browser);
  await driven.page.goto(desktop.pageUrl);
  return { ...driven, program, desktop };
}

interface Lively {
  readonly program: Installation;
  readonly desktop: Desktop;
  readonly key: string;
}

/** A pool in which something of everything is there to be seen. */
async function startLively(): Promise<Lively> {
  const program = await installBinary();
  const { sim } = program;
  const anna = sim.addChatgptAccount({ name: "anna", email: `${MARKUP}@example.com` });
  const ben = sim.addChatgptAccount({ name: "ben", plan: "pro" });
  anna.setUsed(35);
  for (const account of [anna, ben, sim.addApiKeyAccount({ name: "platform" })]) await importAccount(program, account);
  await program.json("account-pool", "profiles", "add", "anna", "ben");
  await program.json("account-pool", "aliases", "add", "deep-thought", "--model=gpt-5.5", "--effort=high");
  await program.json("account-pool", "enable");
  const { key } = await program.json("account-pool", "keys", "create", `--name=${MARKUP}`);
  const desktop = await runDesktop(program);
  for (const input of ["One", "Two"]) await ask(desktop, String(key), input);
  return { program, desktop, key: String(key) };
}

const section = (page: Page, name: string) => page.getByRole("region", { name });

/** Opens what is folded away, so that it is looked at too. */
async function unfold(page: Page): Promise<void> {
  await section(page, "Recent turns").getByRole("button", { name: /^Why/ }).first().click();
  await page.getByRole("heading", { name: "Who was considered" }).waitFor();
  for (const summary of await page.locator("summary").all()) await summary.click();
}

async function addInBrowser({ page }: Visit, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add a profile" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a profile" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Go on" }).click();
  const [tab] = await Promise.all([
    page.waitForEvent("popup"),
    dialog.getByRole("link", { name: "Open the sign-in page" }).click(),
  ]);
  await tab.getByRole("heading", { name: "You are signed in" }).waitFor();
  // Behind another tab the page draws nothing, and whoever drives it waits for that.
  await tab.close();
  await page.bringToFront();
  await dialog.getByRole("button", { name: "Put it in the pool" }).click();
  await dialog.waitFor({ state: "detached" });
}

async function addByCode({ page }: Visit, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add a profile" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a profile" });
  await dialog.getByLabel("Device code").check();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("button", { name: "Later" }).click();
}

async function createKey({ page }: Visit, name: string): Promise<string> {
  await page.getByLabel("Name of the new key").fill(name);
  await page.getByRole("button", { name: "Create key" }).click();
  const key = await page.locator("#new-key").textContent();
  await page.getByRole("button", { name: "I have kept it" }).click();
  return key ?? "";
}

async function rename(page: Page, name: string, newName: string): Promise<void> {
  await page.getByRole("button", { name: `Rename ${name}` }).click();
  const dialog = page.getByRole("dialog", { name: `Rename ${name}` });
  await dialog.getByLabel("New name").fill("not a name");
  await dialog.getByRole("button", { name: "Rename", exact: true }).click();
  await dialog.getByRole("alert").getByText("cannot be a profile's name").waitFor();
  await dialog.getByLabel("New name").fill(newName);
  await dialog.getByRole("button", { name: "Rename", exact: true }).click();
  await page.getByRole("switch", { name: `${newName} in the pool` }).waitFor();
}

async function reserve(page: Page, name: string, percent: string): Promise<void> {
  const field = page.getByLabel(`Reserve of ${name}, percent`);
  await field.fill(percent);
  await field.press("Enter");
  await page.getByText(`Reserve of ${name}: 0% → ${percent}%.`).waitFor();
}

async function endOneSession(page: Page): Promise<void> {
  await page
    .getByRole("button", { name: /^End session/ })
    .first()
    .click();
  await page.getByRole("dialog", { name: "End this session?" }).getByRole("button", { name: "End session" }).click();
  await page.getByText("The session is ended.").waitFor();
}

/** Past the bar, into a dialog, and out of it to where one was. */
async function goByKeyboard(page: Page): Promise<void> {
  const add = page.getByRole("button", { name: "Add a profile" });
  await add.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.activeElement.id")).toBe("main");
  await add.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a profile" });
  await dialog.waitFor();
  expect(await dialog.evaluate((element) => element.matches(":focus-within"))).toBe(true);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await add.evaluate((element) => element.matches(":focus"))).toBe(true);
}

async function setUp(visit: Visit): Promise<string> {
  const { page } = visit;
  await addInBrowser(visit, "work");
  await page.getByRole("switch", { name: "work in the pool", checked: true }).waitFor();
  await page.getByRole("switch", { name: "Pool", exact: true }).click();
  await page.getByText("On. Its one account is ready.").waitFor();
  await page.getByLabel("Round robin").check();
  await page.getByText("Routing: Least used → Round robin.").waitFor();
  return createKey(visit, "laptop");
}

function describePage(): void {
  beforeAll(async () => {
    if (executable === null) throw new Error(`None of ${BROWSERS.join(", ")} is installed.`);
    browser = await launchBrowser(executable);
  });
  afterAll(() => browser?.close());

  describe("the set-up of five minutes", () => {
    test("goes from an empty home to a served, explained, and then refused request", async () => {
      const visit = await visitEmpty();
      const { page, program, desktop } = visit;
      program.sim.addChatgptAccount({ name: "anna", email: "anna@example.com" });
      program.sim.addChatgptAccount({ name: "ben", email: "ben@example.com" });
      program.sim.settings.signInAs = "anna";
      expect(page.url()).toBe(`http://127.0.0.1:${desktop.port}/`);
      await page.getByText("0 of 5 done").waitFor();
      expect(await findBarriers(page)).toEqual([]);
      const key = await setUp(visit);
      expect(await page.content()).not.toContain(key);
      expect(await program.json("account-pool", "status")).toMatchObject({ enabled: true, routing: "round-robin" });

      expect((await ask(desktop, key)).status).toBe(200);
      const session = section(page, "Sessions").getByRole("row", { name: /work gpt-5\.5 laptop/ });
      await session.waitFor();
      await page.getByText("of 5 done").waitFor({ state: "detached" });
      await section(page, "Recent turns").getByRole("button", { name: /^Why/ }).click();
      await page.getByText("served: it was next in turn").waitFor();

      program.sim.settings.signInAs = "ben";
      await addByCode(visit, "home");
      await page.getByText("ben@example.com").waitFor();

      await page.getByRole("button", { name: "Revoke laptop" }).click();
      await page.getByRole("dialog", { name: "Revoke laptop?" }).getByRole("button", { name: "Revoke" }).click();
      await page.getByText("The key laptop is revoked.").waitFor();
      await page.getByText("No key yet").waitFor();
      const refused = await ask(desktop, key);
      expect([refused.status, refused.text]).toEqual([401, expect.stringContaining("revoked_key")]);

      expect([...visit.hosts].filter((host) => !LOOPBACK.includes(host))).toEqual([]);
      expect(visit.complaints).toEqual([]);
    });
  });

  describe("the page", () => {
    test("shows its owner markup in names as the text it is, and a stranger nothing but how to get in", async () => {
      const { desktop } = await startLively();
      const { page, hosts, complaints } = await openPage(browser);
      await page.goto(desktop.pageUrl);
      await section(page, "API keys").getByRole("rowheader", { name: MARKUP }).waitFor();
      await page.getByText(`${MARKUP}@example.com`).waitFor();
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.title()).not.toBe("owned");
      expect([...hosts]).toEqual(["127.0.0.1"]);
      expect(complaints).toEqual([]);

      const { page: stranger } = await openPage(browser);
      const refused = stranger.waitForResponse((response) => response.url().endsWith("/operations/session"));
      await stranger.goto(`http://127.0.0.1:${desktop.port}/`);
      expect((await refused).status()).toBe(401);
      await stranger.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
      const text = await stranger.textContent("#page");
      expect(text).toContain("codexuse desktop");
      expect(text).not.toMatch(/anna|ben|gpt-5|Sessions|cux_pool/);
      expect(await findBarriers(stranger)).toEqual([]);
    });

    test("changes what the command line changes, and asks before what cannot be taken back", async () => {
      const { program, desktop } = await startLively();
      const { page, complaints } = await openPage(browser);
      await page.goto(desktop.pageUrl);
      await rename(page, "ben", "bert");
      await reserve(page, "bert", "25");
      await page.getByRole("switch", { name: "bert in the pool" }).click();
      await page.getByRole("switch", { name: "Publish gpt-5.5", exact: true }).click();
      await page.getByText("gpt-5.5 is hidden from clients.").waitFor();
      await page.getByRole("switch", { name: "Publish fast variants" }).click();
      await page.getByRole("button", { name: "Remove the name deep-thought" }).click();
      await page.getByText("The name deep-thought is taken back.").waitFor();
      await endOneSession(page);
      await page.getByRole("button", { name: "Remove platform" }).click();
      await page.getByRole("dialog", { name: "Remove platform?" }).getByRole("button", { name: "Remove" }).click();
      await page.getByRole("switch", { name: "platform in the pool" }).waitFor({ state: "detached" });
      const status = await program.json("account-pool", "status");
      expect(status).toMatchObject({ fast: true, sessions: 1 });
      expect(status["profiles"]).toMatchObject([
        { name: "anna", selected: true },
        { name: "bert", selected: false, reserve_percent: 25 },
      ]);
      expect(status["models"]).not.toContain("gpt-5.5");
      expect(complaints).toEqual([]);
    });

    test("goes by keyboard, keeps the colours that were chosen, and says aloud when the runtime is gone", async () => {
      const { desktop } = await startLively();
      const { page } = await openPage(browser, { colorScheme: "light" });
      await page.goto(desktop.pageUrl);
      await goByKeyboard(page);

      const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
      const light = await background();
      await page.getByRole("radio", { name: "Dark" }).check({ force: true });
      await page.locator("html[data-theme=dark]").waitFor();
      expect(await background()).not.toBe(light);
      await page.reload();
      await page.getByText("Live", { exact: true }).waitFor();
      expect(await page.getByRole("radio", { name: "Dark" }).isChecked()).toBe(true);
      expect(await background()).not.toBe(light);

      expect(await desktop.stop()).toBe(0);
      await page.getByRole("status").getByText("Offline", { exact: true }).waitFor();
      await page.getByText("The desktop runtime does not answer.").waitFor();
      expect(await page.getByRole("switch", { name: "ben in the pool" }).isVisible()).toBe(true);
    });
  });

  describe("axe finds nothing, and nothing has to be scrolled sideways", () => {
    const WIDE = { width: 1280, height: 900 };
    const LOOKS = [
      { name: "light", colorScheme: "light", size: WIDE },
      { name: "dark", colorScheme: "dark", size: WIDE },
      { name: "a phone", colorScheme: "light", size: { width: 360, height: 740 } },
    ] as const;

    test("in light, in dark and on a phone, with everything unfolded, and in a dialog", async () => {
      const { desktop } = await startLively();
      const { page } = await openPage(browser);
      await page.goto(desktop.pageUrl);
      await unfold(page);
      const found: Record<string, unknown> = {};
      for (const { name, colorScheme, size } of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        found[name] = [await findBarriers(page), Math.max(0, await overhangOf(page))];
        await page.getByRole("button", { name: "Remove ben" }).click();
        found[`${name}, dialog`] = await findBarriers(page, "dialog");
        await page.keyboard.press("Escape");
      }
      const expected = LOOKS.flatMap(({ name }) => [
        [name, [[], 0]],
        [`${name}, dialog`, []],
      ]);
      expect(found).toEqual(Object.fromEntries(expected));
    });
  });
}

// A machine without a browser leaves the page to the tests of its server.
if (executable !== null || isBrowserRequired()) describePage();
