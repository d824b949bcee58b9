/**
 * Which events are in these bytes? A framer for server-sent events that keeps every byte: frames put together give the
 * input. Lines end at LF, CR or CRLF and nowhere else, so U+2028 inside a text splits nothing.
 */

import { Chunk } from "./chunk.ts";

const LF = 0x0a;
const CR = 0x0d;

/** One event with the bytes that carried it, its closing blank line included. Nothing of it is read before it is asked for. */
export interface SseFrame {
  /** It stands in here from `start` to `end`. */
  readonly chunk: Chunk;
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  /** The `event:` field; empty when there was none. */
  readonly event: string;
  /** `data:` lines joined; null for frames without any, such as comments. */
  readonly data: string | null;
}

export class SseTooLarge extends Error {
  constructor(bytesMax: number) {
    super(`an event is larger than ${bytesMax} bytes`);
    this.name = "SseTooLarge";
  }
}

const decoder = new TextDecoder();
const LINE_END = /\r\n|\n|\r/;

/** Up to the value; what is asked of the rest is asked by place. */
const PLAIN = /(?:event: ?[^\r\n]*\n)?data: /y;

interface Fields {
  readonly event: string;
  readonly data: string | null;
}

function parseFields(bytes: Uint8Array): Fields {
  let event = "";
  let data: string | null = null;
  for (const line of decoder.decode(bytes).split(LINE_END)) {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field !== "data" && field !== "event") continue;
    const valueStart = colon === -1 ? line.length : line.charAt(colon + 1) === " " ? colon + 2 : colon + 1;
    const value = line.slice(valueStart);
    if (field === "event") event = value.trim();
    else data = data === null ? value : `${data}\n${value}`;
  }
  return { event, data };
}

class Frame implements SseFrame {
  readonly chunk: Chunk;
  readonly start: number;
  readonly end: number;
  #fields: Fields | null = null;
  /** Undefined while nobody has asked. */
  #data: string | null | undefined;

  constructor(chunk: Chunk, start: number, end: number) {
    this.chunk = chunk;
    this.start = start;
    this.end = end;
  }

  get bytes(): Uint8Array {
    return this.chunk.bytes.subarray(this.start, this.end);
  }

  get event(): string {
    return this.#read().event;
  }

  get data(): string | null {
    if (this.#data === undefined) this.#data = this.#readPlain() ?? this.#read().data;
    return this.#data;
  }

  /** The text where the frame is one line of data, with its name before it or without; null for all others. */
  #readPlain(): string | null {
    const { chunk, start, end } = this;
    const { latin } = chunk;
    PLAIN.lastIndex = start;
    if (!PLAIN.test(latin) || PLAIN.lastIndex > end) return null;
    const from = PLAIN.lastIndex;
    if (latin.indexOf("\n", from) !== end - 2) return null;
    const text = chunk.textOf(from, end - 2);
    // A CR ends a line, too, also in the middle of a chunk.
    return text.includes("\r") ? null : text;
  }

  #read(): Fields {
    this.#fields ??= parseFields(this.bytes);
    return this.#fields;
  }
}

function concatBytes(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const joined = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const BRACE = 0x7d;

/** Where the last of the frames ends that follow one another from `from` on, begin with `head` and are whole; else `from`. */
function endOfAlike(latin: string, from: number, head: string): number {
  let end = from;
  while (latin.startsWith(head, end)) {
    const lineEnd = latin.indexOf("\n", end + head.length);
    if (lineEnd === -1 || latin.charCodeAt(lineEnd + 1) !== LF || latin.charCodeAt(lineEnd - 1) !== BRACE) break;
    end = lineEnd + 2;
  }
  return end;
}

/** Looks at every byte once, however the input is cut: an event of many chunks is put together at its end only. */
export class SseFramer {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  #atLineStart = true;
  #afterCr = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * The frames that end within these bytes. `headAfter` is told each frame and answers how frames begin that nobody is
   * going to look into: from there on such as stand side by side come together as one, each of one line that ends with a
   * brace. Such a head ends within the data; it is empty where there is none. Throws `SseTooLarge` when a frame grows
   * beyond the bound.
   */
  push(bytes: Uint8Array, headAfter: (frame: SseFrame) => string = () => ""): SseFrame[] {
    const frames: SseFrame[] = [];
    const chunk = new Chunk(bytes);
    const { latin } = chunk;
    const hasNoCr = !this.#afterCr && !latin.includes("\r");
    let start = 0;
    const canJoin = hasNoCr && bytes.length <= this.#bytesMax;
    for (;;) {
      let end = hasNoCr ? this.#endOf(latin, start) : this.#endOfAny(latin, start);
      if (end === -1) break;
      const frame = this.#take(chunk, start, end);
      frames.push(frame);
      start = end;
      const head = headAfter(frame);
      if (!canJoin || head === "") continue;
      end = endOfAlike(latin, start, head);
      if (end === start) continue;
      const alike = new Frame(chunk, start, end);
      frames.push(alike);
      headAfter(alike);
      start = end;
    }
    if (start < bytes.length) this.#keep(start === 0 ? bytes : bytes.subarray(start));
    return frames;
  }

  /** What came after the last whole event; empty when the stream ended cleanly. */
  rest(): Uint8Array {
    return concatBytes(this.#parts, this.#size);
  }

  /** Where the frame that goes on at `from` ends, in a chunk without CR; -1 when it does not end in here. */
  #endOf(latin: string, from: number): number {
    if (from === latin.length) return -1;
    if (this.#atLineStart && latin.charCodeAt(from) === LF) return from + 1;
    const blank = latin.indexOf("\n\n", from);
    this.#atLineStart = blank !== -1 || latin.charCodeAt(latin.length - 1) === LF;
    return blank === -1 ? -1 : blank + 2;
  }

  /** The same where lines may end in any way. */
  #endOfAny(latin: string, from: number): number {
    for (let at = from; at < latin.length; at += 1) {
      const code = latin.charCodeAt(at);
      if (code !== LF && code !== CR) {
        this.#atLineStart = false;
        this.#afterCr = false;
        continue;
      }
      const isSecondHalf = code === LF && this.#afterCr;
      this.#afterCr = code === CR;
      if (isSecondHalf) continue;
      if (!this.#atLineStart) {
        this.#atLineStart = true;
        continue;
      }
      const isPair = code === CR && latin.charCodeAt(at + 1) === LF;
      if (isPair) this.#afterCr = false;
      return isPair ? at + 2 : at + 1;
    }
    return -1;
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#bytesMax) throw new SseTooLarge(this.#bytesMax);
    this.#parts.push(part);
  }

  #take(chunk: Chunk, start: number, end: number): SseFrame {
    if (this.#parts.length === 0 && end - start <= this.#bytesMax) return new Frame(chunk, start, end);
    this.#keep(chunk.bytes.subarray(start, end));
    const whole = concatBytes(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    return new Frame(new Chunk(whole), 0, whole.length);
  }
}

const encoder = new TextEncoder();

/** Every line of a text needs its own field name, or the ones behind the first are lost. */
function dataLines(data: string): string {
  // JSON is one line, and may be long.
  if (!data.includes("\n") && !data.includes("\r")) return `data: ${data}\n`;
  return data
    .split(LINE_END)
    .map((line) => `data: ${line}\n`)
    .join("");
}

/** One event as the Responses API writes it. */
export function textOfEvent(type: string, data: string): string {
  return `event: ${type}\n${dataLines(data)}\n`;
}

/** The same as bytes. */
export function renderEvent(type: string, data: string): Uint8Array {
  return encoder.encode(textOfEvent(type, data));
}

/** A data line without an `event:` field, as Chat Completions and keep-alives are written. */
export function renderData(data: string): Uint8Array {
  return encoder.encode(`${dataLines(data)}\n`);
}
