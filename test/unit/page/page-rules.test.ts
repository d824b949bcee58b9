/** The small rules inside the page's parts. */
import { describe, expect, test } from "bun:test";
import { nextTab } from "../../../src/page/connect-section.tsx";
import { partAt } from "../../../src/page/contents.tsx";
import { offerText } from "../../../src/page/models-section.tsx";
import { EMPTY_BOARD, nextBoard, shownAround, shownInDialog } from "../../../src/page/notice-board.ts";
import { readPercent } from "../../../src/page/reserve-field.tsx";
import { isWebAddress } from "../../../src/page/sign-in-progress.tsx";
import { readTheme } from "../../../src/page/theme.tsx";
import { countText, durationText, endTone } from "../../../src/page/turns-section.tsx";
import { detailOf } from "../../../src/page/use-change.ts";

describe("tabs", () => {
  test.each([
    ["ArrowRight", 4, 0],
    ["ArrowLeft", 0, 4],
    ["Home", 3, 0],
    ["End", 1, 4],
    ["Tab", 1, null],
    ["a", 1, null],
  ])("%s at %d leads to %p", (key, at, expected) => {
    expect(nextTab(key, at, 5)).toBe(expected);
  });
});

describe("a reserve", () => {
  test.each([
    ["0", 0],
    [" 25 ", 25],
    ["100", 100],
    ["101", null],
    ["-1", null],
    ["1.5", null],
    ["", null],
    ["ten", null],
  ])("%j is %p", (text, expected) => {
    expect(readPercent(text)).toBe(expected);
  });
});

describe("a link to sign in", () => {
  test.each([
    ["https://auth.openai.com/oauth/authorize?x=1", true],
    ["http://127.0.0.1:4/codex/device", true],
    ["javascript:alert(1)", false],
    ["data:text/html,x", false],
    ["nothing", false],
  ])("%s: %p", (url, expected) => {
    expect(isWebAddress(url)).toBe(expected);
  });
});

describe("notices", () => {
  const say = (title: string, tone: "good" | "bad" = "good") =>
    ({ kind: "say", notice: { tone, title, detail: null } }) as const;

  const titles = (notices: readonly { title: string }[]) => notices.map(({ title }) => title);

  test("make room for the newest, stand once, and go when they are let go", () => {
    const full = ["a", "b", "c", "d", "b"].map((title) => say(title)).reduce(nextBoard, EMPTY_BOARD);
    expect(titles(full.standing)).toEqual(["c", "d", "b"]);
    const id = full.standing[0]?.id ?? 0;
    expect(titles(nextBoard(full, { kind: "drop", id }).standing)).toEqual(["d", "b"]);
  });

  test("of what went wrong in a dialog stand in it, and go with it", () => {
    const steps = [say("before", "bad"), { kind: "enter-dialog" } as const, say("fine"), say("wrong", "bad")];
    const board = steps.reduce(nextBoard, EMPTY_BOARD);
    expect([titles(shownInDialog(board)), titles(shownAround(board))]).toEqual([["wrong"], ["before", "fine"]]);
    const left = nextBoard(board, { kind: "leave-dialog" });
    expect([titles(shownInDialog(left)), titles(shownAround(left))]).toEqual([[], ["before", "fine"]]);
  });

  test("say what was left as it is, and no hints that are for terminals", () => {
    expect(detailOf({ untouched: "Keys stay.", hint: "Run codexuse account-pool enable" })).toBe("Keys stay.");
    expect(detailOf({ untouched: "Keys stay.", hint: "They share one headroom." })).toBe(
      "Keys stay. They share one headroom.",
    );
    expect(detailOf({})).toBeNull();
  });
});

describe("small words", () => {
  test("of turns", () => {
    expect([0, 999, 1_000, 9_940, 31_400].map(durationText)).toEqual(["0 ms", "999 ms", "1.0 s", "9.9 s", "31 s"]);
    expect([940, 1_000, 12_400, 250_000, 1_200_000].map(countText)).toEqual(["940", "1.0k", "12.4k", "250k", "1.2M"]);
    const endings = ["done", "incomplete", "client-left", "refused", "failed", "cut"];
    expect(endings.map(endTone)).toEqual(["good", "quiet", "quiet", "warn", "bad", "bad"]);
  });

  test("of who offers a model", () => {
    expect(offerText([], ["a"])).toBe("from the built-in list");
    expect(offerText(["a", "b"], ["a", "b"])).toBe("offered by all");
    expect(offerText(["a"], ["a", "b"])).toBe("offered by a");
    expect(offerText(["a"], ["a"])).toBe("offered by a");
  });
});

test("the part that is read is the last whose beginning was passed", () => {
  const tops = [
    { id: "pool", top: -300 },
    { id: "profiles", top: 90 },
    { id: "keys", top: 700 },
  ] as const;
  expect(partAt(tops, 140)).toBe("profiles");
  expect(partAt(tops, -400)).toBe("pool");
});

test("colours that were never chosen, or are unknown, are the system's", () => {
  const storageOf = (value: string | null) => ({ getItem: () => value });
  expect(["dark", "light", "pink", null].map((value) => readTheme(storageOf(value)))).toEqual([
    "dark",
    "light",
    "system",
    "system",
  ]);
});
