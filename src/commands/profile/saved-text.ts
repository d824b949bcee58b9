/** How a saved sign-in is said. Pure. */
import type { SavedSignIn } from "../../operations/saved-profile.ts";
import { plainText } from "../terminal-text.ts";

const CHANGES: Readonly<Record<SavedSignIn["outcome"], string>> = {
  added: "none → saved",
  updated: "saved → renewed",
  unchanged: "saved before",
};

export function savedText(saved: SavedSignIn): string {
  const who = [saved.email, saved.plan].filter((part) => part !== null).join(", ");
  return plainText(`Profile ${saved.name}: ${CHANGES[saved.outcome]}${who === "" ? "" : ` (${who})`}`);
}

/** What is true of several profiles is said once, with their names; of one alone, without. */
export function savedNotes(saved: readonly SavedSignIn[]): string[] {
  const namesByText = new Map<string, Set<string>>();
  for (const { name, notes } of saved) {
    for (const { text } of notes) namesByText.set(text, (namesByText.get(text) ?? new Set()).add(name));
  }
  const everyone = new Set(saved.map(({ name }) => name)).size;
  return [...namesByText].map(([text, names]) =>
    plainText(everyone === 1 ? text : `${[...names].join(", ")}: ${text}`),
  );
}
