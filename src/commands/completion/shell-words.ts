/**
 * How do shells hand over what was typed, and how do they want it back? bash breaks words at `=` and `:` and leaves quotes
 * in them; zsh and fish give whole words. Pure.
 */
import type { Asked, Candidate, Completion } from "./candidates.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Stands alone on a line where the shell shall complete paths. */
export const FILES_LINE = ":files";

/** The pieces that bash makes of `--runtime=daemon` put together again. */
function joinPieces(pieces: readonly string[]): string[] {
  const words: string[] = [];
  let glued = false;
  for (const piece of pieces) {
    const isMark = piece === "=" || piece === ":";
    const last = words.length - 1;
    if ((isMark || glued) && last >= 0) words[last] = `${words[last]}${piece}`;
    else words.push(piece);
    glued = isMark;
  }
  return words;
}

/** The word as the program would get it; an open quote counts as closed. */
function unquote(word: string): string {
  return word.replace(/\\(.)|["']/g, (_mark, escaped: string | undefined) => escaped ?? "");
}

/** `typed` holds a word a line, the program's name first and the word in question last. */
export function readTyped(shell: Shell, typed: string): Asked {
  const [, ...pieces] = typed.split("\n");
  const words = shell === "bash" ? joinPieces(pieces).map(unquote) : pieces;
  return { words: words.slice(0, -1), current: words.at(-1) ?? "" };
}

/** One line each, without anything that could end it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
}

function bashLine({ value }: Candidate, current: string): string {
  const escaped = oneLine(value).replace(/[^\w@%+=:,./-]/g, "\\$&");
  // bash has only the piece behind the last mark in hand.
  const kept = Math.max(current.lastIndexOf("="), current.lastIndexOf(":")) + 1;
  return kept > 0 ? escaped.slice(kept) : escaped;
}

/** What the script of that shell reads; empty for nothing. */
export function renderFound(shell: Shell, found: Completion, current: string): string {
  if (found.kind === "files") return FILES_LINE;
  if (shell === "bash") return found.candidates.map((candidate) => bashLine(candidate, current)).join("\n");
  return found.candidates.map(({ value, description }) => `${oneLine(value)}\t${oneLine(description)}`).join("\n");
}
