/** Editing JSON text in place: what is not touched keeps its bytes, and the meaning is what `JSON.parse` says. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  applyEdits,
  editElements,
  editMembers,
  findMember,
  innerOf,
  memberOf,
  scanArray,
  scanObject,
} from "../../../src/protocol/json-spans.ts";

const anySpace = fc.constantFrom("", "", " ", "\n", "\r\n\t ");
const anyKey = fc.oneof(
  fc.constantFrom("a", "b", "model", "__proto__", "constructor", 'q"', "\\", "é", ""),
  fc.string(),
);

/** A string literal, in one of the many ways JSON has for it. */
function spell(text: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(text);
  const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `"${text.split("").map(escapeUnit).join("")}"`;
}

const anyScalar = fc.oneof(
  fc.constantFrom("1.0", "-0", "1e5", "1E+2", "12345678901234567890", "true", "false", "null", "[]", "{}"),
  fc.tuple(fc.string(), fc.boolean()).map(([text, isEscaped]) => spell(text, isEscaped)),
  fc.constantFrom('"{[\\"]}"', '"\\\\"', '"\\\\\\""', '"a\u2028b"'),
);

interface Written {
  readonly text: string;
  /** Key and value as written, with the space around the colon. */
  readonly members: readonly (readonly [key: string, value: string])[];
}

/** An object as some odd client would write it. */
function anyObject(value: fc.Arbitrary<string>): fc.Arbitrary<Written> {
  const member = fc.record({
    key: anyKey,
    isEscaped: fc.boolean(),
    value,
    before: anySpace,
    colon: anySpace,
    after: anySpace,
  });
  return fc.tuple(fc.array(member, { maxLength: 6 }), anySpace, anySpace).map(([members, lead, inner]) => {
    const written = members.map(({ key, isEscaped, value: text, before, colon, after }) => {
      return `${before}${spell(key, isEscaped)}${colon}:${colon}${text}${after}`;
    });
    const inside = written.length === 0 ? inner : written.join(",");
    return { text: `${lead}{${inside}}${lead}`, members: members.map((entry) => [entry.key, entry.value] as const) };
  });
}

const anyNested = fc.oneof(
  anyScalar,
  anyObject(anyScalar).map(({ text }) => text.trim()),
  fc.array(anyScalar, { maxLength: 4 }).map((elements) => `[ ${elements.join(" ,\n")} ]`),
);
const RUNS = { numRuns: 500 };

describe("scanObject()", () => {
  test("finds every member of any object, repeated keys included, as it was written", () => {
    fc.assert(
      fc.property(anyObject(anyNested), ({ text, members }) => {
        const found = scanObject(text);
        expect(found.map(({ key, valueStart, valueEnd }) => [key, text.slice(valueStart, valueEnd)])).toEqual(
          members.map(([key, value]) => [key, value]),
        );
        for (const { keyStart } of found) expect(text.charAt(keyStart)).toBe('"');
      }),
      RUNS,
    );
  });

  test("agrees with JSON.parse on which of repeated keys counts", () => {
    fc.assert(
      fc.property(anyObject(anyNested), ({ text }) => {
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const members = scanObject(text);
        expect(new Set(members.map(({ key }) => key))).toEqual(new Set(Object.keys(parsed)));
        for (const key of Object.keys(parsed)) {
          const member = findMember(members, key);
          expect(JSON.parse(text.slice(member?.valueStart, member?.valueEnd))).toEqual(parsed[key]);
        }
      }),
      RUNS,
    );
  });

  test("reads from a place within a text", () => {
    const text = '{"response": {"output":[1]} }';
    const response = findMember(scanObject(text), "response");
    expect(scanObject(text, response?.valueStart).map(({ key }) => key)).toEqual(["output"]);
  });

  test("finds nothing in other values, and no key that is not there", () => {
    for (const text of ["", "[]", "1", '"{}"', "null", "  "]) expect(scanObject(text)).toEqual([]);
    expect(findMember(scanObject('{"a":1}'), "toString")).toBeNull();
  });
});

describe("innerOf()", () => {
  const inner = anyObject(anyNested).map(({ text }) => text.trim());
  const outer = anyObject(fc.oneof(anyNested, inner)).map(({ text }) => text);

  test("finds what one walk after the other finds", () => {
    fc.assert(
      fc.property(outer, anyKey, anyKey, (text, name, key) => {
        const object = memberOf(text, name);
        const isObject = object !== null && text.charAt(object.valueStart) === "{";
        const expected = isObject
          ? { span: { start: object.valueStart, end: object.valueEnd }, member: memberOf(text, key, object.valueStart) }
          : null;
        expect(innerOf(text, name, key)).toEqual(expected);
      }),
    );
  });

  test("ends on any text", () => {
    fc.assert(
      fc.property(outer, fc.nat(), anyKey, (text, cut, name) => {
        expect(() => innerOf(text.slice(0, cut % (text.length + 1)), name, "a")).not.toThrow();
      }),
    );
  });
});

describe("memberOf()", () => {
  const expectSame = (text: string, key: string) =>
    expect(memberOf(text, key)).toEqual(findMember(scanObject(text), key));

  test("finds what looking through all members finds, in any object", () => {
    fc.assert(
      fc.property(anyObject(anyNested), anyKey, ({ text, members }, other) => {
        for (const key of [...members.map(([name]) => name), other]) expectSame(text, key);
      }),
      RUNS,
    );
  });

  test("and in any noise", () => {
    const piece = fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", "a", '"a"', '{"a":', "1", " ");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const key of ["a", "", "\\", '"']) expectSame(pieces.join(""), key);
      }),
      { numRuns: 2_000 },
    );
  });

  test("reads from a place within a text", () => {
    const text = '{"response":{"output":[1]},"output":2}';
    expect(memberOf(text, "output", '{"response":'.length)?.valueStart).toBe(text.indexOf("[1]"));
  });
});

describe("scanArray()", () => {
  test("finds every element of any array as it was written", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyNested, anySpace), { maxLength: 6 }), anySpace, (elements, lead) => {
        const text = `${lead}[${lead}${elements.map(([value, space]) => `${space}${value}${space}`).join(",")}]`;
        expect(scanArray(text).map(({ start, end }) => text.slice(start, end))).toEqual(
          elements.map(([value]) => value),
        );
      }),
      RUNS,
    );
  });
});

describe("depth and length", () => {
  test("cost no stack: 200,000 brackets are one value", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const text = `{"a":${deep},"b":1}`;
    expect(scanObject(text).map(({ key, valueEnd, valueStart }) => [key, valueEnd - valueStart])).toEqual([
      ["a", 400_000],
      ["b", 1],
    ]);
    expect(editMembers(text, { b: "2" })).toBe(`{"a":${deep},"b":2}`);
  });

  test("of a string full of quotes and backslashes are one value, too", () => {
    const text = JSON.stringify({ a: '\\"'.repeat(100_000), b: "\\".repeat(100_001), c: 1 });
    expect(scanObject(text).map(({ key }) => key)).toEqual(["a", "b", "c"]);
  });
});

describe("text that is no JSON", () => {
  const ROWS = [
    "{",
    "{,}",
    '{"a"',
    '{"a":',
    '{"a":}',
    '{"a"}',
    '{"a":1',
    '{"a":[}',
    "{garbage}",
    '{"\\x":1}',
    "[",
    "[}",
    "[,]",
    "[1}",
    '["',
    "[[",
    '{"a":1 2}',
    '{"a":"',
  ];
  for (const text of ROWS) {
    test(`${text} ends without a throw`, () => {
      expect(scanObject(text).length).toBeLessThan(3);
      expect(scanArray(text).length).toBeLessThan(3);
      expect(typeof editMembers(text, { a: null, b: "1" })).toBe("string");
      expect(typeof editElements(text, () => null)).toBe("string");
    });
  }

  test("of any kind ends without a throw, and finds no more than there is", () => {
    const piece = fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", "a", "1", " ");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join("");
        expect(scanObject(text).length + scanArray(text).length).toBeLessThanOrEqual(text.length);
        editMembers(text, { a: "1" });
        editElements(text, (element) => element);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("editMembers()", () => {
  const ROWS: readonly (readonly [string, string, Readonly<Record<string, string | null>>, string])[] = [
    ["replaces a value and no byte more", '{ "a" : 1.0 ,\n "b":\t2 }', { b: "3" }, '{ "a" : 1.0 ,\n "b":\t3 }'],
    ["drops the first member", '{ "a":1 , "b":2 }', { a: null }, '{ "b":2 }'],
    ["drops the last member", '{ "a":1 , "b":2 }', { b: null }, '{ "a":1 }'],
    ["drops one in the middle", '{"a":1, "b":2, "c":3}', { b: null }, '{"a":1,"c":3}'],
    ["drops all", '{ "a":1, "b":2 }', { a: null, b: null }, "{  }"],
    ["adds to an empty object", "{ }", { a: "1" }, '{"a":1 }'],
    ["adds behind the last", '{ "a":1 }', { b: "2", c: "3" }, '{ "a":1,"b":2,"c":3 }'],
    ["adds where all others go", '{"a":1}', { a: null, b: "2" }, '{"b":2}'],
    ["adds nothing for a null", '{"a":1}', { b: null }, '{"a":1}'],
    ["keeps the last of repeated keys", '{"a":1,"b":2,"a":3}', { a: "9" }, '{"b":2,"a":9}'],
    ["drops every one of repeated keys", '{"a":1,"b":2,"a":3}', { a: null }, '{"b":2}'],
    ["leaves untouched repeated keys", '{"a":1,"a":2,"b":3}', { b: "4" }, '{"a":1,"a":2,"b":4}'],
    ["knows a key however it is written", '{"\\u0061":1}', { a: "2" }, '{"\\u0061":2}'],
    [
      "takes no name of JavaScript's own for a change",
      '{"constructor":1,"__proto__":2,"toString":3}',
      { a: "4" },
      '{"constructor":1,"__proto__":2,"toString":3,"a":4}',
    ],
    ["keeps what stands around the object", ' \n{"a":1}\n ', { a: "2" }, ' \n{"a":2}\n '],
    ["leaves a text without an object", "[1]", { a: "1" }, "[1]"],
  ];
  for (const [what, text, changes, expected] of ROWS) {
    test(what, () => expect(editMembers(text, changes)).toBe(expected));
  }

  test("edits an object within a text", () => {
    const text = '{"type":"x","response":{"output":[]},"n":1}';
    const response = findMember(scanObject(text), "response");
    expect(editMembers(text, { output: "[7]" }, response?.valueStart)).toBe(
      '{"type":"x","response":{"output":[7]},"n":1}',
    );
  });

  test("changes no byte when nothing is to be changed", () => {
    fc.assert(
      fc.property(anyObject(anyNested), ({ text }) => expect(editMembers(text, {})).toBe(text)),
      RUNS,
    );
  });

  test("means what the same change of the parsed object means", () => {
    const anyChanges = fc.dictionary(fc.constantFrom("a", "b", "model", "new"), fc.option(anyScalar));
    fc.assert(
      fc.property(anyObject(anyNested), anyChanges, ({ text }, changes) => {
        const expected = new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));
        for (const [key, value] of Object.entries(changes)) {
          if (value === null) expected.delete(key);
          else expected.set(key, JSON.parse(value));
        }
        const edited = JSON.parse(editMembers(text, changes)) as Record<string, unknown>;
        expect(new Map(Object.entries(edited))).toEqual(expected);
      }),
      RUNS,
    );
  });

  test("keeps the bytes of every member that is not touched", () => {
    const anyChanges = fc.dictionary(fc.constantFrom("a", "b", "model", "new"), fc.option(anyScalar));
    fc.assert(
      fc.property(anyObject(anyNested), anyChanges, ({ text }, changes) => {
        const untouched = (written: string) =>
          scanObject(written)
            .filter(({ key }) => !Object.hasOwn(changes, key))
            .map(({ keyStart, valueEnd }) => written.slice(keyStart, valueEnd));
        expect(untouched(editMembers(text, changes))).toEqual(untouched(text));
      }),
      RUNS,
    );
  });
});

describe("editElements()", () => {
  const ROWS: readonly (readonly [string, string, (element: string, index: number) => string | null, string])[] = [
    ["keeps all", " [ 1 ,2 ] ", (element) => element, " [ 1 ,2 ] "],
    ["replaces one", "[ 1 , 2 ]", (element) => (element === "2" ? "3" : element), "[ 1 , 3 ]"],
    ["drops the first", "[ 1 , 2 ]", (_, index) => (index === 0 ? null : "2"), "[ 2 ]"],
    ["drops the last", "[1, 2]", (element) => (element === "2" ? null : element), "[1]"],
    ["drops all", "[1,2]", () => null, "[]"],
    ["has nothing to do in an empty one", "[ ]", () => null, "[ ]"],
    ["leaves a text without an array", "{}", () => null, "{}"],
  ];
  for (const [what, text, change, expected] of ROWS) {
    test(what, () => expect(editElements(text, change)).toBe(expected));
  }
});

describe("applyEdits()", () => {
  test("takes edits in any order, insertions and all", () => {
    const edits = [
      { start: 4, end: 5, text: "E" },
      { start: 0, end: 1, text: "" },
      { start: 2, end: 2, text: "--" },
    ];
    expect(applyEdits("abcdef", edits)).toBe("b--cdEf");
    expect(applyEdits("abcdef", [])).toBe("abcdef");
  });
});
