/** How the page keeps up with the runtime, and what it makes of refusals. */
import { describe, expect, test } from "bun:test";
import { readRefusal } from "../../../src/page/ask.ts";
import { pauseAfter } from "../../../src/page/follow-snapshots.ts";
import { clockText } from "../../../src/page/local-time.ts";
import { FIRST_VIEW, nextView } from "../../../src/page/use-snapshot.ts";

const SNAPSHOT = JSON.parse('{"at":"2026-03-04T12:00:00Z"}');

describe("coming back", () => {
  test("takes longer and longer, up to a bound", () => {
    expect([1, 2, 3, 4, 5, 6, 60].map(pauseAfter)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test("keeps what is known while the link is down, and nothing of it for strangers", () => {
    const live = nextView(FIRST_VIEW, { kind: "snapshot", snapshot: SNAPSHOT });
    expect(live).toEqual({ link: { kind: "live" }, snapshot: SNAPSHOT });
    const offline = nextView(live, { kind: "offline", retryAtMs: 1, isCrowded: false });
    expect(offline).toEqual({ link: { kind: "offline", retryAtMs: 1, isCrowded: false }, snapshot: SNAPSHOT });
    expect(nextView(offline, { kind: "signed-out" }).snapshot).toBeNull();
  });
});

describe("a refusal", () => {
  test("is what the runtime said", () => {
    const error = { reason: "conflict", message: "It is there.", hint: "Choose another." };
    expect(readRefusal(409, { error })).toEqual(error);
    expect(readRefusal(409, { error: { message: "It is there." } })).toEqual({
      reason: "failed",
      message: "It is there.",
      hint: null,
    });
  });

  test.each([null, "text", {}, { error: "text" }, { error: {} }])(
    "is told by its status where it says nothing: %j",
    (body) => {
      expect(readRefusal(500, body)).toMatchObject({ message: expect.stringContaining("500") });
    },
  );
});

describe("an instant", () => {
  const place = { locale: "en-GB", timeZone: "UTC" };
  const nowMs = Date.parse("2026-03-04T12:00:00Z");

  test("is a time of day when it is near, and has its day when it is not", () => {
    expect(clockText("2026-03-04T14:20:00Z", nowMs, place)).toBe("14:20");
    expect(clockText("2026-03-08T14:20:00Z", nowMs, place)).toBe("Sun 14:20");
  });
});
