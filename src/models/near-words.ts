/** Which known words did somebody mean? Pure. */

/** Longer words were never typed by hand; comparing them would only cost time. */
const WORD_CHARACTERS_MAX = 100;

/** Distance at which two words are no longer the same word with a slip: a third of its letters, one at least. */
function slipsAllowed(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/** Letters to add, drop, replace or swap with their neighbour to get from one word to the other. */
function distanceBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** At most `countMax` known words that are a slip away, the nearest first. Case does not count. */
export function nearWords(word: string, known: readonly string[], countMax: number): string[] {
  const wanted = word.slice(0, WORD_CHARACTERS_MAX).toLowerCase();
  return known
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= slipsAllowed(wanted))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, countMax)
    .map(({ candidate }) => candidate);
}
