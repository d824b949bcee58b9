/** Figures from samples: medians, percentiles and spreads, and how they are written. Pure. */

/** `share` in 0–1; linear between samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

export const UNITS = ["ms", "µs", "turns/s", "events/s", "KiB", "MiB", "CPU ms"] as const;
export type Unit = (typeof UNITS)[number];

export interface Figure {
  readonly what: string;
  readonly unit: Unit;
  /** By target. */
  readonly values: Readonly<Record<string, number>>;
  /** The pool against the bare proxy, of the same run; null where there is nothing to hold it against. */
  readonly against: Comparison | null;
}

export interface Comparison {
  readonly kind: "ratio" | "difference";
  readonly value: number;
  /** Where the middle half of the rounds lies; null where there was one only. */
  readonly spread: readonly [low: number, high: number] | null;
  /** What we want it to be, and whether it is; null where nothing was promised. */
  readonly target: { readonly words: string; readonly isMet: boolean } | null;
}

export interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** `compared` has one ratio or difference for each round. */
export function compare(
  kind: Comparison["kind"],
  compared: readonly number[],
  bound: Bound | null,
  unit: Unit,
): Comparison {
  const value = median(compared);
  const spread = compared.length < 2 ? null : ([percentile(compared, 0.25), percentile(compared, 0.75)] as const);
  if (bound === null) return { kind, value, spread, target: null };
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bound;
  const edge = bound.atLeast ?? bound.atMost ?? 0;
  const words = `${bound.atLeast === undefined ? "at most" : "at least"} ${kind === "ratio" ? `× ${edge}` : `+${edge} ${unit}`}`;
  return { kind, value, spread, target: { words, isMet: value >= atLeast && value <= atMost } };
}

export function round(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return Math.round(value).toLocaleString("en");
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function comparisonText({ kind, value, spread }: Comparison): string {
  const text = (figure: number) => (kind === "ratio" ? figure.toFixed(2) : `${figure >= 0 ? "+" : ""}${round(figure)}`);
  const range = spread === null ? "" : ` (${spread.map(text).join(" to ")})`;
  return `${kind === "ratio" ? "× " : ""}${text(value)}${range}`;
}

function targetText(against: Comparison | null): string {
  const target = against?.target ?? null;
  return target === null ? "" : `${target.words}: ${target.isMet ? "met" : "missed"}`;
}

/** Where a target's column stands; others come behind. */
const ORDER = ["direct", "bare proxy", "reading proxy", "codexuse"];

function placeOf(name: string): number {
  const place = ORDER.indexOf(name);
  return place === -1 ? ORDER.length : place;
}

/** Rows of cells, the titles first: for a terminal's table or a document's. */
export function rowsOf(figures: readonly Figure[]): string[][] {
  const names = [...new Set(figures.flatMap((figure) => Object.keys(figure.values)))].sort(
    (a, b) => placeOf(a) - placeOf(b),
  );
  const hasTargets = figures.some((figure) => figure.against?.target != null);
  const hasAgainst = figures.some((figure) => figure.against !== null);
  const row = (figure: Figure) => [
    `${figure.what} (${figure.unit})`,
    ...names.map((name) => (figure.values[name] === undefined ? "" : round(figure.values[name] ?? 0))),
    ...(hasAgainst ? [figure.against === null ? "" : comparisonText(figure.against)] : []),
    ...(hasTargets ? [targetText(figure.against)] : []),
  ];
  const titles = ["", ...names, ...(hasAgainst ? ["codexuse against bare"] : []), ...(hasTargets ? ["wanted"] : [])];
  return [titles, ...figures.map(row)];
}

/** A table as documents have it. */
export function renderMarkdown(rows: readonly (readonly string[])[]): string {
  const [titles = [], ...rest] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map((_, at) => (at === 0 ? "---" : "--:"))), ...rest.map(line)].join("\n");
}
