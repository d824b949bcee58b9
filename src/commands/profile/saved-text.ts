/** How a saved sign-in is said. Pure. */
import type { SavedProfile } from "../../operations/saved-profile.ts";
import { plainText } from "../terminal-text.ts";

const CHANGES: Readonly<Record<SavedProfile["outcome"], string>> = {
  added: "none → saved",
  updated: "saved → renewed",
  unchanged: "saved (unchanged)",
};

export function savedText(saved: SavedProfile): string {
  const who = [saved.email, saved.plan].filter((part) => part !== null).join(", ");
  return plainText(`Profile ${saved.name}: ${CHANGES[saved.outcome]}${who === "" ? "" : ` (${who})`}`);
}

export function savedNotes(saved: SavedProfile): string[] {
  return saved.notes.map((note) => plainText(`${saved.name}: ${note.text}`));
}
