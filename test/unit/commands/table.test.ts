import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Column, renderTable } from "../../../src/commands/table.ts";
import { clip, documentText, paintWith, plainText, widthOf, wrap } from "../../../src/commands/terminal-text.ts";

const plain = paintWith(false);
const COLUMNS: readonly Column[] = [
  { title: "NAME", shrinks: true },
  { title: "ROOM", align: "right" },
  { title: "PLAN", shrinks: true, style: (cell) => (cell === "pro" ? "green" : null) },
];

describe("renderTable", () => {
  test("aligns columns and leaves no blanks at the end of a line", () => {
    const text = renderTable(
      COLUMNS,
      [
        ["work", "5%", "pro"],
        ["a-long-name", "100%", "-"],
      ],
      Number.POSITIVE_INFINITY,
      plain,
    );
    expect(text).toBe(["NAME         ROOM  PLAN", "work           5%  pro", "a-long-name  100%  -"].join("\n"));
  });

  test("counts wide characters as two columns", () => {
    const text = renderTable(
      COLUMNS,
      [
        ["仕事", "5%", "x"],
        ["home", "5%", "x"],
      ],
      Number.POSITIVE_INFINITY,
      plain,
    );
    const [, first = "", second = ""] = text.split("\n");
    expect(widthOf(first.slice(0, first.indexOf("5%")))).toBe(widthOf(second.slice(0, second.indexOf("5%"))));
  });

  test("paints the cell and not the blanks around it", () => {
    expect(renderTable(COLUMNS, [["work", "5%", "pro"]], 80, paintWith(true))).toContain("\u001b[32mpro\u001b[39m");
  });

  test("is empty without rows", () => {
    expect(renderTable(COLUMNS, [], 80, plain)).toBe("");
  });

  test("lets no name steer the terminal or break the line", () => {
    const text = renderTable(COLUMNS, [["\u001b[31mred\u001b[0m\nx\u202e\u0007", "1\r2", "p"]], 80, plain);
    expect(text.split("\n").length).toBe(2);
    expect([...text].some((character) => character !== "\n" && /\p{Cc}|\p{Cf}/u.test(character))).toBe(false);
  });

  test("leaves out columns that may be left out before it shortens others, the last one first", () => {
    const columns: readonly Column[] = [
      { title: "ID" },
      { title: "FROM", drops: true },
      { title: "NAME", shrinks: true },
      { title: "KIND", drops: true },
    ];
    const row = [["ses_12345678", "here", "a-long-name", "text"]];
    const titles = (width: number) => renderTable(columns, row, width, plain).split("\n")[0]?.split(/ +/);
    expect(titles(80)).toEqual(["ID", "FROM", "NAME", "KIND"]);
    expect(titles(32)).toEqual(["ID", "FROM", "NAME"]);
    expect(renderTable(columns, row, 22, plain)).toBe("ID            NAME\nses_12345678  a-long-…");
  });

  test("never grows beyond the terminal while a column can still give way", () => {
    const cell = fc.string({ maxLength: 60, unit: "grapheme" });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, fc.nat(100), cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const cells = rows.map(([name, room, plan]) => [name, `${room}%`, plan]);
        const lines = renderTable(COLUMNS, cells, 40, plain).split("\n");
        return lines.every((line) => widthOf(line) <= 40);
      }),
    );
  });
});

describe("text for a terminal", () => {
  test("is clipped by columns, with an ellipsis where something is gone", () => {
    expect([clip("abcdef", 6), clip("abcdef", 4), clip("仕事場", 4)]).toEqual(["abcdef", "abc…", "仕…"]);
  });

  test("is wrapped at spaces, and a long word keeps its line", () => {
    expect(wrap("a bb ccc dddd", 6)).toEqual(["a bb", "ccc", "dddd"]);
    expect(wrap("incomprehensibilities a", 5)).toEqual(["incomprehensibilities", "a"]);
  });

  test("has no control character left", () => {
    expect(plainText("a\u001b[2Jb\u0000\u009b\u2028c\u200f")).toBe("a[2Jbc");
  });

  test("is coloured only where colours are on", () => {
    expect([paintWith(false)("red", "x"), paintWith(true)("red", "x"), paintWith(true)("red", "")]).toEqual([
      "x",
      "\u001b[31mx\u001b[39m",
      "",
    ]);
  });
});

describe("documentText()", () => {
  test("writes out what would steer a terminal, and means the same", () => {
    const value = { name: "a\u001b[2J\u009b31m\u202eb\u2028\u{e0001}ü 日本" };
    const text = documentText(value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
    expect(text).toContain("ü 日本");
    expect(JSON.parse(text)).toEqual(value);
  });
});
