/** Server-sent events: the same events for every way of cutting the bytes (trap 35). */
import { describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { renderData, renderEvent, type SseFrame, SseFramer, SseTooLarge } from "../../../src/protocol/sse.ts";

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

interface Framed {
  readonly events: readonly (readonly [event: string, data: string])[];
  /** All bytes of all frames and of what is left, in hexadecimal. */
  readonly whole: string;
}

/** Frames the bytes as cut at these places. */
function frame(bytes: Uint8Array, cuts: readonly number[] = [], bytesMax = 1_000_000): Framed {
  const framer = new SseFramer(bytesMax);
  const frames = [];
  const places = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).toSorted((a, b) => a - b);
  for (const [index, end] of [...places, bytes.length].entries()) {
    frames.push(...framer.push(bytes.slice(places[index - 1] ?? 0, end)));
  }
  const events = frames.flatMap(({ event, data }) => (data === null ? [] : [[event, data] as const]));
  const whole = Buffer.concat([...frames.map((entry) => entry.bytes), framer.rest()]).toString("hex");
  return { events, whole };
}

const ROWS: readonly (readonly [string, string, Framed["events"]])[] = [
  ["one event", "event: a\ndata: {}\n\n", [["a", "{}"]]],
  ["data without a space", "data:x\n\n", [["", "x"]]],
  ["only the first space goes", "data:  x \n\n", [["", " x "]]],
  ["data of many lines", "data: 1\ndata: 2\ndata:\ndata: 4\n\n", [["", "1\n2\n\n4"]]],
  ["a field without a colon", "data\n\n", [["", ""]]],
  [
    "CRLF",
    "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n",
    [
      ["a", "1"],
      ["", "2"],
    ],
  ],
  [
    "CR alone",
    "event: a\rdata: 1\r\rdata: 2\r\r",
    [
      ["a", "1"],
      ["", "2"],
    ],
  ],
  [
    "all three mixed",
    "data: 1\r\n\ndata: 2\n\rdata: 3\r\r\ndata: 4\n\r\n",
    [
      ["", "1"],
      ["", "2"],
      ["", "3"],
      ["", "4"],
    ],
  ],
  [
    "a line that CR ends within an event of LF",
    "data: {}\rdata: 2\n\ndata: 1\rfoo\n\n",
    [
      ["", "{}\n2"],
      ["", "1"],
    ],
  ],
  ["a name before it", "event: a\ndata: {}\r[DONE]\n\n", [["a", "{}"]]],
  ["comments", ": keep-alive\n\n:\ndata: 1\n: between\n\n", [["", "1"]]],
  ["fields nobody asked for", "id: 7\nretry: 10\nevent: a\ndata: 1\nfoo: bar\n\n", [["a", "1"]]],
  ["a field whose name only begins alike", "database: 1\neventual: 2\ndata: 3\n\n", [["", "3"]]],
  [
    "what looks like a line's end to Unicode, and is none",
    "data: a\u2028b\u2029c\u0085d\u000be\u000cf\n\n",
    [["", "a\u2028b\u2029c\u0085d\u000be\u000cf"]],
  ],
  ["characters of many bytes", "data: é 漢 🎈\n\n", [["", "é 漢 🎈"]]],
  ["a byte order mark in front", "\ufeffdata: 1\n\n", [["", "1"]]],
  [
    "blank lines between",
    "\n\n\ndata: 1\n\n\n\ndata: 2\n\n",
    [
      ["", "1"],
      ["", "2"],
    ],
  ],
  ["an event that never ended", "data: 1\n\ndata: 2\n", [["", "1"]]],
];

describe("SseFramer", () => {
  for (const [what, text, events] of ROWS) {
    test(`${what}, cut at every single place and into single bytes`, () => {
      const bytes = bytesOf(text);
      expect(frame(bytes).events).toEqual(events);
      const whole = Buffer.from(bytes).toString("hex");
      const everywhere = Array.from(bytes, (_, at) => at);
      for (const cuts of [...everywhere.map((at) => [at]), everywhere]) {
        const cut = frame(bytes, cuts);
        expect(cut.events).toEqual(events);
        expect(cut.whole).toBe(whole);
      }
    });
  }

  const anyLineEnd = fc.constantFrom("\n", "\r\n", "\r");
  const anyLine = fc.oneof(
    fc.constantFrom("data: é", 'data: {"a":"漢"}', "event: x", ": c", "", "data", "data: a\u2028b", "id: 1"),
    fc.string({ unit: "binary" }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
  );
  const anyStream = fc
    .array(fc.tuple(anyLine, anyLineEnd), { maxLength: 20 })
    .map((lines) => bytesOf(lines.flat().join("")));
  const anyCuts = fc.array(fc.nat(300), { maxLength: 12 });

  test("gives the same events and the same bytes for every cut", () => {
    fc.assert(
      fc.property(anyStream, anyCuts, (bytes, cuts) => {
        const once = frame(bytes);
        const cut = frame(bytes, cuts);
        expect(cut.events).toEqual(once.events);
        expect(cut.whole).toBe(Buffer.from(bytes).toString("hex"));
        expect(once.whole).toBe(cut.whole);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps bytes that are no UTF-8", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), anyCuts, (bytes, cuts) => {
        expect(frame(bytes, cuts).whole).toBe(Buffer.from(bytes).toString("hex"));
      }),
    );
  });

  test("holds no more than its bound, however the event is cut (trap 34)", () => {
    const bytes = bytesOf(`data: 1\n\ndata: ${"x".repeat(93)}\n\n`);
    for (const cuts of [[], [9], [9, 50], Array.from(bytes, (_, at) => at)]) {
      expect(frame(bytes, cuts, 101).events).toHaveLength(2);
      expect(() => frame(bytes, cuts, 100)).toThrow(SseTooLarge);
    }
  });

  test("says nothing of an event's text when it refuses it", () => {
    expect(() => frame(bytesOf("data: sk-secret"), [], 5)).toThrow("an event is larger than 5 bytes");
  });
});

describe("frames that are alike", () => {
  const HEAD = 'event: a.delta\ndata: {"type":"a.delta"';
  const delta = (text: string) => `${HEAD},"delta":${JSON.stringify(text)}}\n\n`;
  const pieces = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }).map(delta),
    fc.constantFrom(
      `${HEAD},"x":1\n\n`,
      `${HEAD}}\ndata: 2}\n\n`,
      "data: {}\n\n",
      ": beat\n\n",
      `${HEAD}}\r\n\r\n`,
      "\n",
    ),
  );
  const headAfter = ({ chunk, start }: SseFrame) => (chunk.latin.startsWith(HEAD, start) ? HEAD : "");

  /** The events of joined frames, each told apart again. */
  function joined(bytes: Uint8Array, cuts: readonly number[]): { readonly framed: Framed; readonly count: number } {
    const framer = new SseFramer(1_000_000);
    const places = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).toSorted((a, b) => a - b);
    const frames = [...places, bytes.length].flatMap((end, index) =>
      framer.push(bytes.slice(places[index - 1] ?? 0, end), headAfter),
    );
    const events = frames.flatMap((entry) => frame(entry.bytes).events);
    const whole = Buffer.concat([...frames.map((entry) => entry.bytes), framer.rest()]).toString("hex");
    return { framed: { events, whole }, count: frames.length };
  }

  test("are one where they stand side by side", () => {
    const text = `data: {"type":"b"}\n\n${delta("1")}${delta("2")}${delta("3")}data: {}\n\n`;
    expect(joined(bytesOf(text), []).count).toBe(4);
    expect(joined(bytesOf(text), []).framed).toEqual(frame(bytesOf(text)));
  });

  test("lose nothing, however they are cut and whatever stands between them", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 5 }), (texts, cuts) => {
        const bytes = bytesOf(texts.join(""));
        expect(joined(bytes, cuts).framed).toEqual(frame(bytes, cuts));
      }),
    );
  });

  test("are never joined with one that is cut or has more lines", () => {
    for (const odd of [`${HEAD},"x":1\n\n`, `${HEAD}}\ndata: 2}\n\n`, `${HEAD}`]) {
      const { framed } = joined(bytesOf(`${delta("1")}${odd}${delta("2")}`), []);
      expect(framed).toEqual(frame(bytesOf(`${delta("1")}${odd}${delta("2")}`)));
    }
  });
});

describe("a large event (trap 34)", () => {
  test("is read once, however many pieces it comes in", () => {
    const bytes = bytesOf(`data: ${"é".repeat(20_000)}\n\n`);
    for (const pieces of [1, 10, 1_000]) {
      const decode = spyOn(TextDecoder.prototype, "decode");
      const framer = new SseFramer(bytes.length);
      const size = Math.ceil(bytes.length / pieces);
      let frames = 0;
      for (let at = 0; at < bytes.length; at += size) frames += framer.push(bytes.slice(at, at + size)).length;
      const read = decode.mock.calls.reduce((sum, [piece]) => sum + (piece?.byteLength ?? 0), 0);
      decode.mockRestore();
      expect([pieces, frames, read]).toEqual([pieces, 1, bytes.length]);
    }
  });

  test("of 8 MB comes through whole", () => {
    const text = "0123456789abcde\u2028".repeat(500_000);
    const bytes = bytesOf(`data: ${text}\n\n`);
    expect(bytes.length).toBeGreaterThan(8_000_000);
    const framer = new SseFramer(bytes.length);
    const frames = [];
    for (let at = 0; at < bytes.length; at += 65_537) frames.push(...framer.push(bytes.subarray(at, at + 65_537)));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.data === text).toBe(true);
  });
});

describe("renderEvent() and renderData()", () => {
  const rendered = (bytes: Uint8Array) => frame(bytes).events;

  test("write what the framer reads", () => {
    expect(rendered(renderEvent("response.created", '{"a":1}'))).toEqual([["response.created", '{"a":1}']]);
    expect(rendered(renderData("[DONE]"))).toEqual([["", "[DONE]"]]);
    expect(textOf(renderEvent("a", "b"))).toBe("event: a\ndata: b\n\n");
  });

  test("lose no line of a text that has many", () => {
    expect(rendered(renderEvent("a", '{\n"b":\r\n1\r}'))).toEqual([["a", '{\n"b":\n1\n}']]);
    expect(rendered(renderData("1\n\n2"))).toEqual([["", "1\n\n2"]]);
  });
});
