/**
 * What does a local API key look like? Owns its form: `cux_pool_`, 32 random base62 digits, and 6 more that are the CRC32
 * of everything before them, so that a typo is told apart from a key that was revoked. Pure; knows no store.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

const PREFIX = "cux_pool_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);
/** The largest multiple of 62 in a byte: bytes from here on would favour the first digits. */
const FAIR_BYTES = 248;

export const KEY_CHECKS = ["ok", "malformed", "bad-checksum"] as const;
export type KeyCheck = (typeof KEY_CHECKS)[number];

function checksumOf(body: string): string {
  let rest = crc32(body);
  let digits = "";
  for (let index = 0; index < CHECKSUM_LENGTH; index++) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}

/** A random base62 text. `randomBytes(count)` must be fit for secrets. */
export function createBase62(length: number, randomBytes: (count: number) => Uint8Array): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR_BYTES && text.length < length) text += DIGITS.charAt(byte % DIGITS.length);
    }
  }
  return text;
}

/** A new key, 47 characters. `randomBytes(count)` must be fit for secrets. */
export function createPoolKey(randomBytes: (count: number) => Uint8Array): string {
  const body = PREFIX + createBase62(SECRET_LENGTH, randomBytes);
  return body + checksumOf(body);
}

/** Whether a text could be a key by its length and letters; its check digits are not looked at. */
export function hasKeyForm(text: string): boolean {
  return FORM.test(text);
}

/** Whether a text has the form of a key; says nothing about whether such a key was ever made. */
export function checkPoolKey(text: string): KeyCheck {
  if (!hasKeyForm(text)) return "malformed";
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return checksumOf(body) === text.slice(-CHECKSUM_LENGTH) ? "ok" : "bad-checksum";
}

/** Hex SHA-256, the only form in which a key is kept. */
export function hashPoolKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
