/** A short name for a profile that always fits behind a button. Pure. */
import { createHash } from "node:crypto";

const TAG_LENGTH = 10;

export function profileTag(name: string): string {
  return `#${createHash("sha256").update(name).digest("hex").slice(0, TAG_LENGTH)}`;
}

/** The name behind a tag, or the text itself where it is a name; null for a tag that fits nobody any more. */
export function nameBehind(text: string, names: readonly string[]): string | null {
  if (!text.startsWith("#")) return text;
  return names.find((name) => profileTag(name) === text) ?? (names.includes(text) ? text : null);
}
