/** Which known word did somebody mean? Pure. */
import { nearWords } from "../models/near-words.ts";

/** The closest known word, or the only one that begins like it; null when none is near. Case does not count. */
export function nearMissOf(word: string, known: readonly string[]): string | null {
  const [best] = nearWords(word, known, 1);
  if (best !== undefined) return best;
  const wanted = word.toLowerCase();
  if (wanted.length < 2) return null;
  const begun = known.filter((candidate) => candidate.toLowerCase().startsWith(wanted));
  return begun.length === 1 ? (begun[0] ?? null) : null;
}
