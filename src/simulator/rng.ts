/**
 * Question: where does the simulator's chance come from?
 * Owns a seeded generator and the identifiers drawn from it, so that one seed gives one run.
 * Must not touch Math.random or the platform's random source.
 */
import type { Rng } from "../ports.ts";

const UINT32 = 4294967296;

/** A small seeded generator (mulberry32). Same seed, same sequence. */
export function createSeededRng(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32;
  };
}

/** A whole number in [0, bound). */
export function drawInteger(rng: Rng, bound: number): number {
  return Math.min(bound - 1, Math.floor(rng() * bound));
}

/** `length` hexadecimal digits. */
export function drawHex(rng: Rng, length: number): string {
  let digits = "";
  while (digits.length < length) digits += drawInteger(rng, UINT32).toString(16).padStart(8, "0");
  return digits.slice(0, length);
}

/** An identifier as the upstream writes them: prefix, underscore, hexadecimal digits. */
export function drawId(rng: Rng, prefix: string, length = 40): string {
  return `${prefix}_${drawHex(rng, length)}`;
}

/** A version 4 UUID. */
export function drawUuid(rng: Rng): string {
  const hex = drawHex(rng, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** An opaque secret of `length` base64url characters. */
export function drawSecret(rng: Rng, length: number): string {
  const bytes = new Uint8Array(Math.ceil((length * 3) / 4));
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = drawInteger(rng, 256);
  return Buffer.from(bytes).toString("base64url").slice(0, length);
}
