/** What changes from one text to another, line by line, as people know it from their tools. Pure. */

export type DiffMark = " " | "+" | "-" | "…";

export interface DiffLine {
  readonly mark: DiffMark;
  readonly text: string;
}

const CONTEXT_LINES = 2;

function linesOf(text: string): string[] {
  if (text === "") return [];
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}

/** Lengths of the longest common runs of the two ends, by where these begin. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number) => table[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const same = before[row] === after[column];
      const length = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      const line = table[row];
      if (line !== undefined) line[column] = length;
    }
  }
  return table;
}

/** Lines that both begin, or both end, with cost nothing: what is between is small even in a long file. */
function middleDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  const table = commonLengths(before, after);
  const at = (row: number, column: number) => table[row]?.[column] ?? 0;
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [old, fresh] = [before[row], after[column]];
    if (old !== undefined && old === fresh) {
      lines.push({ mark: " ", text: old });
      row += 1;
      column += 1;
    } else if (old !== undefined && (fresh === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ mark: "-", text: old });
      row += 1;
    } else if (fresh !== undefined) {
      lines.push({ mark: "+", text: fresh });
      column += 1;
    }
  }
  return lines;
}

function sharedEnds(before: readonly string[], after: readonly string[]): { start: number; end: number } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { start, end };
}

/** Unchanged lines far from any change are left out. */
function shorten(lines: readonly DiffLine[]): DiffLine[] {
  const isNear = (index: number) =>
    lines.slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1).some((line) => line.mark !== " ");
  const kept: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (isNear(index)) kept.push(line);
    else if (kept.at(-1)?.mark !== "…") kept.push({ mark: "…", text: "" });
  }
  return kept;
}

/** Empty for texts that differ in nothing but how their lines end. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const { start, end } = sharedEnds(old, fresh);
  const same = (text: string): DiffLine => ({ mark: " ", text });
  const middle = middleDiff(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end));
  if (middle.length === 0) return [];
  const tail = end === 0 ? [] : old.slice(-end);
  return shorten([...old.slice(0, start).map(same), ...middle, ...tail.map(same)]);
}
