import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteRuns } from "../../../src/protocol/byte-runs.ts";
import { SseFramer } from "../../../src/protocol/sse.ts";
import { wireEventOf } from "../../../src/protocol/wire-event.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const STREAM = 'data: {"type":"a"}\n\ndata: {"type":"b"}\n\ndata: {"type":"c"}\n\n';

describe("ByteRuns", () => {
  const chunk = bytesOf(STREAM);
  const events = new SseFramer(1_000).push(chunk).map(wireEventOf);

  test("a chunk that goes as it came is the very chunk", () => {
    const runs = new ByteRuns();
    for (const event of events) runs.addEvent(event);
    expect(runs.take()[0]).toBe(chunk);
  });

  test("puts other bytes in between, in order", () => {
    const runs = new ByteRuns();
    const [first, , third] = events;
    if (first === undefined || third === undefined) throw new Error("no events");
    runs.addEvent(first);
    runs.addBytes(bytesOf("data: 1\n\n"));
    runs.addEvent(third);
    runs.addEvent({ type: "", text: "", bytes: bytesOf(": c\n\n") });
    expect(textOf(Buffer.concat(runs.take()))).toBe('data: {"type":"a"}\n\ndata: 1\n\ndata: {"type":"c"}\n\n: c\n\n');
  });

  test("events of several chunks", () => {
    const framer = new SseFramer(1_000);
    const runs = new ByteRuns();
    for (let at = 0; at < chunk.length; at += 7) {
      for (const frame of framer.push(chunk.subarray(at, at + 7))) runs.addEvent(wireEventOf(frame));
    }
    expect(textOf(Buffer.concat(runs.take()))).toBe(STREAM);
  });

  test("copies what is small into one piece, and nothing that is large", () => {
    const [small, large] = [new Uint8Array(10).fill(1), new Uint8Array(20_000).fill(2)];
    const [few, many] = [new ByteRuns(), new ByteRuns()];
    for (const piece of [small, small]) few.addBytes(piece);
    for (const piece of [large, small]) many.addBytes(piece);
    expect(few.take().map((piece) => piece.length)).toEqual([20]);
    expect(many.take()).toEqual([large, small]);
    expect(many.take()[0]).toBe(large);
  });

  test("is one text where nothing has to be decoded for it, and the same as the bytes", () => {
    const piece = fc.oneof(fc.constantFrom("a", "b"), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 6 }), (pieces) => {
        const runs = new ByteRuns();
        for (const [text, isText] of pieces) {
          const event = `data: {"type":"${text.replace(/[\r\n"]/g, "")}"}\n\n`;
          if (isText) runs.addText(event);
          else for (const frame of new SseFramer(1_000).push(bytesOf(event))) runs.addEvent(wireEventOf(frame));
        }
        const text = runs.takeText();
        const bytes = Buffer.concat(runs.take());
        const mustDecode = pieces.some(([written, isText]) => !isText && bytesOf(written).length > written.length);
        expect(text === null ? null : textOf(bytesOf(text))).toBe(mustDecode ? null : textOf(bytes));
      }),
    );
  });
});
