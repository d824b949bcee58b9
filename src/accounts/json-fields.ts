/**
 * How is a field read out of JSON that a stranger wrote? Pure.
 *
 * Only own properties count, so that `__proto__` in a file is data like any other and never a place to look things up.
 */

export type JsonFields = Readonly<Record<string, unknown>>;

/** The value as an object; null for arrays, null and everything else. */
export function asFields(value: unknown): JsonFields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonFields) : null;
}

/** An own property, else undefined. */
export function readField(fields: JsonFields | null, name: string): unknown {
  return fields !== null && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** A non-empty string, else null. */
export function readText(fields: JsonFields | null, name: string): string | null {
  const value = readField(fields, name);
  return typeof value === "string" && value !== "" ? value : null;
}

/** A finite number, else null. */
export function readNumber(fields: JsonFields | null, name: string): number | null {
  const value = readField(fields, name);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** An object in an object, else null. */
export function readFields(fields: JsonFields | null, name: string): JsonFields | null {
  return asFields(readField(fields, name));
}
