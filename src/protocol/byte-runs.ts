/** Which bytes go out? Puts events together again; such as stood side by side in one chunk are not copied. */
import { StreamedEvent, type WireEvent } from "./wire-event.ts";

interface Run {
  readonly source: Uint8Array;
  readonly start: number;
  end: number;
}

export class ByteRuns {
  readonly #runs: Run[] = [];

  /** The event as it came. */
  addEvent(event: WireEvent): void {
    const { source, start, end } =
      event instanceof StreamedEvent ? event.frame : { source: event.bytes, start: 0, end: event.bytes.length };
    const last = this.#runs.at(-1);
    if (last !== undefined && last.source === source && last.end === start) last.end = end;
    else this.#runs.push({ source, start, end });
  }

  addBytes(bytes: Uint8Array): void {
    this.#runs.push({ source: bytes, start: 0, end: bytes.length });
  }

  /** All of them in order, in as few pieces as are worth a copy. May be the very bytes that were given. */
  take(): Uint8Array[] {
    const pieces = this.#runs.map(bytesOf);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return pieces.length < 2 || size > COPIED_MAX ? pieces : [Buffer.concat(pieces)];
  }
}

/** Writing a piece of its own costs about what copying so many bytes does. */
const COPIED_MAX = 16_384;

/** The bytes of one event; the very chunk that brought it where that held nothing else. */
export function bytesOfEvent(event: WireEvent): Uint8Array {
  return event instanceof StreamedEvent ? bytesOf(event.frame) : event.bytes;
}

function bytesOf({ source, start, end }: Readonly<Run>): Uint8Array {
  return start === 0 && end === source.length ? source : source.subarray(start, end);
}
