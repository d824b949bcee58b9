/** How do columns become domain values? Pure; a column that no version of ours can have written is a damaged file. */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { StoreError } from "./store-error.ts";

/** SQLite has no booleans. */
export function toFlag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

/** The value as a member of a closed set. Throws a `StoreError` "corrupt" for any other. */
export function memberOf<Member extends string>(set: readonly Member[], value: string, column: string): Member {
  const member = set.find((candidate) => candidate === value);
  if (member === undefined) throw badColumn(column);
  return member;
}

/** The list that a JSON column of ours holds. Throws a `StoreError` "corrupt" when it is no list. */
export function listOf<Entry>(json: string, column: string): readonly Entry[] {
  const value: unknown = parseColumn(json, column);
  if (!Array.isArray(value)) throw badColumn(column);
  return value as readonly Entry[];
}

/** Parses a JSON column. Throws a `StoreError` "corrupt" when it cannot be parsed. */
export function parseColumn(json: string, column: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    // Without the parser's words: they may quote the text.
    throw badColumn(column, error instanceof SyntaxError ? error.name : error);
  }
}

/** A text as a column holds it that may be large. */
export function packText(text: string): Uint8Array {
  return zstdCompressSync(text);
}

/** The text that a packed column holds. Throws a `StoreError` "corrupt" when it cannot be unpacked. */
export function unpackColumn(packed: Uint8Array, column: string): string {
  try {
    return new TextDecoder().decode(zstdDecompressSync(packed));
  } catch (error) {
    throw badColumn(column, error);
  }
}

function badColumn(column: string, cause: unknown = null): StoreError {
  return new StoreError(
    "corrupt",
    `The column ${column} holds a value that codexuse does not write.`,
    "The file was changed by something else or is damaged: put back a backup, or move it away to begin with a new one.",
    cause,
  );
}
