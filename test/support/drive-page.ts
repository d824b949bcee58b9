/** A real browser at the Settings page of the compiled program: what it shows, and every address it asks. */
import { onTestFinished } from "bun:test";
import { readFileSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export interface DrivenPage {
  readonly page: Page;
  /** Hosts that were asked for anything, in all tabs of this visitor. */
  readonly hosts: ReadonlySet<string>;
  /** What the browser complained about: broken rules of the page's own policy, errors nobody caught. */
  readonly complaints: readonly string[];
}

const BOUND_MS = 20_000;
const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] as const;

/** Without a sandbox, which containers do not allow; it sees nothing but loopback. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
}

/** A visitor of their own, with cookies of their own; gone with the test. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<DrivenPage> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...options });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(BOUND_MS);
  const hosts = new Set<string>();
  const complaints: string[] = [];
  context.on("request", (request) => {
    if (!request.url().startsWith("data:")) hosts.add(new URL(request.url()).hostname);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    // Refused operations are answers, which the page shows.
    const isRefusal = /^Failed to load resource: .* status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isRefusal) complaints.push(message.text());
  });
  return { page: await context.newPage(), hosts, complaints };
}

/** What a screen reader's user or a careful reviewer would object to; empty for a page, or a part of it, that is in order. */
export async function findBarriers(page: Page, part = "html"): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(
    `axe.run(${JSON.stringify(part)}, { runOnly: ${JSON.stringify(AXE_RULES)}, resultTypes: ["violations"] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ": " + node.target.join(" ") + " " + node.failureSummary)))`,
  );
  return Array.isArray(violations) ? violations.map(String) : ["axe answered nothing"];
}

/** By how many pixels the page is wider than its window. */
export async function overhangOf(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth"));
}
