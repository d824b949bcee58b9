/**
 * How does the Settings page look? Pictures of it in light, dark and at a phone's width, of a pretend pool that is busy.
 * `npm run screenshots` writes them to dist/screenshots; `-- --docs` writes those of the README anew.
 */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findBrowser } from "../test/support/find-browser.ts";
import { startLivelyPool } from "./lively-pool.ts";

interface Shot {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** Scrolls, opens and folds before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
  /** The whole page, or what a window shows. */
  readonly fullPage: boolean;
}

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 760 };

async function openStory(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Why/ }).nth(1).click();
  await page.getByRole("heading", { name: "Who was considered" }).waitFor();
  await page.locator("#turns").evaluate((element) => element.scrollIntoView());
}

async function openSignIn(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Add a profile" }).click();
}

const SHOTS: readonly Shot[] = [
  { name: "light", options: { colorScheme: "light", viewport: WIDE }, fullPage: true },
  { name: "dark", options: { colorScheme: "dark", viewport: WIDE }, fullPage: true },
  { name: "phone", options: { colorScheme: "light", viewport: PHONE }, fullPage: true },
  { name: "phone-dark", options: { colorScheme: "dark", viewport: PHONE }, fullPage: false },
  { name: "why", options: { colorScheme: "light", viewport: WIDE }, prepare: openStory, fullPage: false },
  { name: "sign-in", options: { colorScheme: "dark", viewport: WIDE }, prepare: openSignIn, fullPage: false },
];

const DOCS_SHOTS: readonly Shot[] = [
  {
    name: "settings-light",
    options: { colorScheme: "light", viewport: { width: 1240, height: 1010 } },
    fullPage: false,
  },
  {
    name: "settings-dark",
    options: { colorScheme: "dark", viewport: { width: 1240, height: 1010 } },
    prepare: (page) => page.locator("#headroom").evaluate((element) => element.scrollIntoView()),
    fullPage: false,
  },
];

async function take(browser: Browser, link: string, shot: Shot, folder: string): Promise<void> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...shot.options });
  const page = await context.newPage();
  await page.goto(link);
  await page.locator("#headroom canvas").first().waitFor();
  await shot.prepare?.(page);
  const path = join(folder, `${shot.name}.png`);
  await page.screenshot({ path, fullPage: shot.fullPage });
  console.log(`${path} (${Math.round(statSync(path).size / 1024)} kB)`);
  await context.close();
}

async function takeAll(executablePath: string): Promise<void> {
  const forDocs = process.argv.includes("--docs");
  const folder = forDocs ? "docs/images" : "dist/screenshots";
  mkdirSync(folder, { recursive: true });
  const pool = await startLivelyPool();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const shot of forDocs ? DOCS_SHOTS : SHOTS) await take(browser, pool.link(), shot, folder);
  await browser.close();
  await pool.stop();
}

const browser = findBrowser();
if (browser === null) {
  console.error("There is no Chromium here to take pictures with. CODEXUSE_TEST_BROWSER may name one.");
  process.exit(1);
}
await takeAll(browser);
