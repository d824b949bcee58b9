/**
 * Which events are in these bytes? A framer for server-sent events that keeps every byte: frames put together give the
 * input. Lines end at LF, CR or CRLF and nowhere else, so U+2028 inside a text splits nothing.
 */

const LF = 0x0a;
const CR = 0x0d;

/** One event with the bytes that carried it, its closing blank line included. */
export interface SseFrame {
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

function parseFrame(bytes: Uint8Array): SseFrame {
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
  return { bytes, event, data };
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

  /** The frames that end within `chunk`. Throws `SseTooLarge` when one grows beyond the bound. */
  push(chunk: Uint8Array): SseFrame[] {
    const frames: SseFrame[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== LF && byte !== CR) {
        this.#atLineStart = false;
        this.#afterCr = false;
        continue;
      }
      const isSecondHalf = byte === LF && this.#afterCr;
      this.#afterCr = byte === CR;
      if (isSecondHalf) continue;
      if (!this.#atLineStart) {
        this.#atLineStart = true;
        continue;
      }
      const end = byte === CR && chunk[at + 1] === LF ? at + 2 : at + 1;
      this.#keep(chunk.subarray(start, end));
      frames.push(this.#take());
      start = end;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return frames;
  }

  /** What came after the last whole event; empty when the stream ended cleanly. */
  rest(): Uint8Array {
    return concatBytes(this.#parts, this.#size);
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#bytesMax) throw new SseTooLarge(this.#bytesMax);
    this.#parts.push(part);
  }

  #take(): SseFrame {
    const frame = parseFrame(concatBytes(this.#parts, this.#size));
    this.#parts = [];
    this.#size = 0;
    return frame;
  }
}

const encoder = new TextEncoder();

/** Every line of a text needs its own field name, or the ones behind the first are lost. */
function dataLines(data: string): string {
  return data
    .split(LINE_END)
    .map((line) => `data: ${line}\n`)
    .join("");
}

/** One event as the Responses API writes it. */
export function renderEvent(type: string, data: string): Uint8Array {
  return encoder.encode(`event: ${type}\n${dataLines(data)}\n`);
}

/** A data line without an `event:` field, as Chat Completions and keep-alives are written. */
export function renderData(data: string): Uint8Array {
  return encoder.encode(`${dataLines(data)}\n`);
}
