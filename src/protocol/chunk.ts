/** What do bytes say where they stand? One chunk of a stream, looked at as text without being read as a whole. */
import { isAscii } from "node:buffer";

const decoder = new TextDecoder();

/** By its standard this is windows-1252, which has a character for each byte too, and the same ones where it matters. */
const byteDecoder = new TextDecoder("latin1");

/** A part of a text keeps all of it: in smaller chunks that is less than what a copy of its own costs. */
const SHARED_BYTES_MAX = 8_192;

/** Reads nothing before it is asked. */
export class Chunk {
  readonly bytes: Uint8Array;
  #latin: string | null = null;
  #isPlain: boolean | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A character for each byte, so that names and ends can be looked at where they stand. */
  get latin(): string {
    this.#latin ??= byteDecoder.decode(this.bytes);
    return this.#latin;
  }

  /** Whether `latin` is what the bytes say, and parts of it may be had for nothing. */
  get isPlain(): boolean {
    this.#isPlain ??= this.bytes.length <= SHARED_BYTES_MAX && isAscii(this.bytes);
    return this.#isPlain;
  }

  /** What the bytes from `start` to `end` say. */
  textOf(start: number, end: number): string {
    return this.isPlain ? this.latin.slice(start, end) : decoder.decode(this.bytes.subarray(start, end));
  }
}
