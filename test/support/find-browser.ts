/** Which browser can a test drive? `CODEXUSE_TEST_BROWSER` names one, or says `required` where a machine must have one. */

export const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] as const;

/** Its path; null on a machine without one. */
export function findBrowser(): string | null {
  const wish = process.env["CODEXUSE_TEST_BROWSER"] ?? "";
  const found = [...(wish === "required" ? [] : [wish]), ...BROWSERS].map((name) =>
    name === "" ? null : Bun.which(name),
  );
  return found.find((path) => path !== null) ?? null;
}

/** Whether tests must fail for want of a browser, instead of being left out. */
export function isBrowserRequired(): boolean {
  return process.env["CODEXUSE_TEST_BROWSER"] === "required";
}
