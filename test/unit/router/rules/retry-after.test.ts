/** When upstream says it ends, wherever and however it says so (trap 7). */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  hintedUntilMs,
  parseRetryAfterMs,
  parseTryAgainMs,
  type RetryHints,
} from "../../../../src/router/rules/retry-after.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW, SECOND_MS } from "../../../support/rules.ts";

describe("parseTryAgainMs()", () => {
  const ROWS: readonly (readonly [string, number | null])[] = [
    ["Rate limit reached for gpt-5.5. Please try again in 1.5s.", 1_500],
    ["Please try again in 20ms.", 20],
    ["Please try again in 6m0s.", 6 * MINUTE_MS],
    ["try again in 1h2m3.5s", HOUR_MS + 2 * MINUTE_MS + 3_500],
    ["Try again in 1 hour and 5 minutes.", HOUR_MS + 5 * MINUTE_MS],
    ["Your limit resets in 2 days, 3 hours.", 2 * DAY_MS + 3 * HOUR_MS],
    ["Retry after 30 seconds", 30 * SECOND_MS],
    ["It will be available again in about 5 mins", 5 * MINUTE_MS],
    ["try again in 90 sec", 90 * SECOND_MS],
    ["try again in 12 milliseconds", 12],
    ["try again in 2 hrs", 2 * HOUR_MS],
    ["try again in 1 week", 7 * DAY_MS],
    ["The limit resets in your workspace. Please try again in 4s.", 4_000],
    ["try again in 30", null],
    ["try again in 3 months", null],
    ["try again in 5 moments", null],
    ["Try again later.", null],
    ["Used 5s of 10s.", null],
    ["", null],
  ];
  for (const [text, ms] of ROWS) test(`"${text}": ${ms}`, () => expect(parseTryAgainMs(text)).toBe(ms));
});

describe("parseRetryAfterMs()", () => {
  const ROWS: readonly (readonly [string, number | null])[] = [
    ["30", 30 * SECOND_MS],
    [" 1.5 ", 1_500],
    ["0", 0],
    ["Sun, 22 Nov 2026 12:01:00 GMT", MINUTE_MS],
    ["Sunday, 22-Nov-26 12:01:00 GMT", MINUTE_MS],
    ["2026-11-22T12:01:00Z", MINUTE_MS],
    ["Sun, 22 Nov 2026 11:59:00 GMT", -MINUTE_MS],
    ["-5", null],
    ["5 minutes", null],
    ["soon", null],
    ["2026", 2_026 * SECOND_MS],
    ["", null],
  ];
  for (const [value, ms] of ROWS) test(`"${value}": ${ms}`, () => expect(parseRetryAfterMs(value, NOW)).toBe(ms));
});

const NOTHING: RetryHints = { resetsAt: null, resetsInSeconds: null, retryAfter: null, message: "" };
const BOUND_MS = 31 * DAY_MS;
const until = (hints: Partial<RetryHints>) => hintedUntilMs({ ...NOTHING, ...hints }, NOW, BOUND_MS);

describe("hintedUntilMs()", () => {
  const seconds = NOW / SECOND_MS;
  const ROWS: readonly (readonly [string, Partial<RetryHints>, number | null])[] = [
    ["nothing said", {}, null],
    ["an instant", { resetsAt: seconds + 60 }, MINUTE_MS],
    ["a length in the body", { resetsInSeconds: 13_872 }, 13_872 * SECOND_MS],
    ["a head", { retryAfter: "7" }, 7 * SECOND_MS],
    ["a text", { message: "try again in 20ms" }, 20],
    [
      "all of them: the instant is the most exact",
      { resetsAt: seconds + 60, resetsInSeconds: 9, retryAfter: "7", message: "try again in 3s" },
      MINUTE_MS,
    ],
    ["a head beside a text", { retryAfter: "7", message: "try again in 3s" }, 7 * SECOND_MS],
    ["an instant that is over, beside a length", { resetsAt: seconds - 60, resetsInSeconds: 9 }, 9 * SECOND_MS],
    ["an instant that is over, and nothing else", { resetsAt: seconds - 60 }, 0],
    ["no wait at all", { retryAfter: "0" }, 0],
    ["a head we cannot read, beside a text", { retryAfter: "soon", message: "try again in 3s" }, 3 * SECOND_MS],
    ["an absurd instant", { resetsAt: 9e15 }, BOUND_MS],
    ["an instant in milliseconds by mistake", { resetsAt: NOW + MINUTE_MS }, BOUND_MS],
    ["more digits than a number has", { retryAfter: "9".repeat(400) }, BOUND_MS],
    ["a negative length", { resetsInSeconds: -3 }, 0],
    ["no number", { resetsInSeconds: Number.NaN, retryAfter: "7" }, 7 * SECOND_MS],
  ];
  for (const [what, hints, waitMs] of ROWS) {
    test(`${what}: ${waitMs}`, () => expect(until(hints)).toBe(waitMs === null ? null : NOW + waitMs));
  }

  test("any hint gives an instant that is finite, not past and not beyond the bound", () => {
    const number = fc.option(fc.oneof(fc.double(), fc.integer(), fc.maxSafeNat()));
    const head = fc.option(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.date().map((date) => (Number.isNaN(date.getTime()) ? "" : date.toUTCString())),
      ),
    );
    const unit = fc.constantFrom("ms", "s", "m", "h", "d", "w", "seconds", "minutes", "months", "");
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.double(), unit).map(([length, name]) => `try again in ${length}${name}`),
    );
    fc.assert(
      fc.property(number, number, head, text, (resetsAt, resetsInSeconds, retryAfter, message) => {
        const instant = until({ resetsAt, resetsInSeconds, retryAfter, message });
        if (instant === null) return;
        expect(Number.isFinite(instant)).toBe(true);
        expect(instant).toBeGreaterThanOrEqual(NOW);
        expect(instant).toBeLessThanOrEqual(NOW + BOUND_MS);
      }),
      { numRuns: 500 },
    );
  });

  test("a longer hint never gives an earlier instant, in whatever way it is given", () => {
    const ways: readonly ((length: number) => Partial<RetryHints>)[] = [
      (length) => ({ resetsAt: seconds + length }),
      (length) => ({ resetsInSeconds: length }),
      (length) => ({ retryAfter: String(length) }),
      (length) => ({ message: `Please try again in ${length}s.` }),
      (length) => ({ message: `Please try again in ${Math.floor(length / 3_600)}h${length % 3_600}s.` }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...ways), fc.nat(1e8), fc.nat(1e8), (way, a, b) => {
        expect(until(way(Math.min(a, b))) ?? 0).toBeLessThanOrEqual(until(way(Math.max(a, b))) ?? 0);
      }),
    );
  });
});
