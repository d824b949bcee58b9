import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { diffLines } from "../../../src/setup/line-diff.ts";

function shown(before: string, after: string): string[] {
  return diffLines(before, after).map(({ mark, text }) => `${mark}${text}`);
}

describe("a diff", () => {
  const rows: Readonly<Record<string, { before: string; after: string; lines: string[] }>> = {
    "of equal texts is empty": { before: "a\nb\n", after: "a\nb\n", lines: [] },
    "shows a new file whole": { before: "", after: "a\nb\n", lines: ["+a", "+b"] },
    "shows a line between others": { before: "a\nb\n", after: "a\nx\nb\n", lines: [" a", "+x", " b"] },
    "shows a changed line": { before: "a\nb\nc\n", after: "a\nx\nc\n", lines: [" a", "-b", "+x", " c"] },
    "leaves out what is far": {
      before: "1\n2\n3\n4\n5\n6\n7\n",
      after: "0\n1\n2\n3\n4\n5\n6\n7\n8\n",
      lines: ["+0", " 1", " 2", "…", " 6", " 7", "+8"],
    },
    "takes line ends of Windows as line ends": { before: "a\r\n", after: "a\r\nb\r\n", lines: [" a", "+b"] },
  };
  for (const [name, { before, after, lines }] of Object.entries(rows)) {
    test(name, () => expect(shown(before, after)).toEqual(lines));
  }

  test("turns one text into the other", () => {
    const texts = fc.array(fc.constantFrom("a", "b", "c", ""), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(texts, texts, (old, fresh) => {
        const lines = diffLines(`${old.join("\n")}\n`, `${fresh.join("\n")}\n`);
        const count = (mark: string) => lines.filter((line) => line.mark === mark).length;
        expect(old.length - count("-") + count("+")).toBe(fresh.length);
      }),
    );
  });
});
