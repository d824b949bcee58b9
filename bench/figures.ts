/** Figures from samples: medians and percentiles, and how they are written. */

/** `share` in 0–1; linear between samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}

export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** By target name, in the order of the targets. */
  readonly values: Readonly<Record<string, number>>;
  /** Pool against the bare proxy: a ratio for rates, a difference for times and memory. */
  readonly against: { readonly kind: "ratio" | "difference"; readonly value: number };
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A markdown table, the same on the terminal and in the documents. */
export function renderFigures(figures: readonly Figure[]): string {
  const names = [...new Set(figures.flatMap((figure) => Object.keys(figure.values)))];
  const head = ["", ...names, "codexuse against bare"];
  const rows = figures.map(({ what, unit, values, against }) => [
    `${what} (${unit})`,
    ...names.map((name) => (values[name] === undefined ? "" : round(values[name] ?? 0))),
    against.kind === "ratio"
      ? `× ${against.value.toFixed(2)}`
      : `${against.value >= 0 ? "+" : ""}${round(against.value)}`,
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}
