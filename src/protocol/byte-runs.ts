/** Which bytes go out? Puts events together again; such as stood side by side in one chunk are not copied. */
import { Chunk } from "./chunk.ts";
import { StreamedEvent, type WireEvent } from "./wire-event.ts";

interface Run {
  readonly chunk: Chunk;
  readonly start: number;
  end: number;
}

const encoder = new TextEncoder();

export class ByteRuns {
  readonly #runs: (Run | string)[] = [];

  /** The event as it came. */
  addEvent(event: WireEvent): void {
    if (!(event instanceof StreamedEvent)) {
      this.addBytes(event.bytes);
      return;
    }
    const { chunk, start, end } = event.frame;
    const last = this.#runs.at(-1);
    if (typeof last === "object" && last.chunk === chunk && last.end === start) last.end = end;
    else this.#runs.push({ chunk, start, end });
  }

  addBytes(bytes: Uint8Array): void {
    this.#runs.push({ chunk: new Chunk(bytes), start: 0, end: bytes.length });
  }

  addText(text: string): void {
    this.#runs.push(text);
  }

  /** All of them in order, in as few pieces as are worth a copy. May be the very bytes that were given. */
  take(): Uint8Array[] {
    const pieces = this.#runs.map((run) => (typeof run === "string" ? encoder.encode(run) : bytesOf(run)));
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return pieces.length < 2 || size > COPIED_MAX ? pieces : [Buffer.concat(pieces)];
  }

  /** The same as one text, which costs the runtime less than bytes; null where it would have to be decoded first. */
  takeText(): string | null {
    let text = "";
    for (const run of this.#runs) {
      if (typeof run === "string") text += run;
      else if (run.chunk.isPlain) text += run.chunk.textOf(run.start, run.end);
      else return null;
    }
    return text;
  }
}

/** Writing a piece of its own costs about what copying so many bytes does. */
const COPIED_MAX = 16_384;

/** The bytes of one event; the very chunk that brought it where that held nothing else. */
export function bytesOfEvent(event: WireEvent): Uint8Array {
  return event instanceof StreamedEvent ? bytesOf(event.frame) : event.bytes;
}

function bytesOf({ chunk, start, end }: Readonly<Run>): Uint8Array {
  const { bytes } = chunk;
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}
