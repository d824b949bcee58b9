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

  /** All of them in order. May be the very bytes that were given. */
  join(): Uint8Array {
    const [first] = this.#runs;
    if (this.#runs.length === 1 && first !== undefined) return bytesOf(first);
    return Buffer.concat(this.#runs.map(bytesOf));
  }
}

function bytesOf({ source, start, end }: Run): Uint8Array {
  return start === 0 && end === source.length ? source : source.subarray(start, end);
}
