/** Rows in aligned columns. Pure: takes text without colours, so that widths are true, and paints at the end. */
import { clip, type Paint, padEnd, padStart, plainText, type Style, widthOf } from "./terminal-text.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be shortened when the table is wider than the terminal; never below the width of its title. */
  readonly shrinks?: boolean;
  /** Left out when the table is wider than the terminal, the last such column first: `--json` has it all. */
  readonly drops?: boolean;
  readonly style?: (cell: string) => Style | null;
}

const GAP = "  ";

function naturalWidth(column: Column, index: number, rows: readonly (readonly string[])[]): number {
  return Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? "")));
}

function rowWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}

/** Indexes of the columns that are shown. */
function chooseColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  widthMax: number,
): readonly number[] {
  let shown = columns.map((_, index) => index);
  const isTooWide = () => {
    const widths = shown.map((index) => naturalWidth(columns[index] ?? { title: "" }, index, rows));
    return rowWidth(widths) > widthMax;
  };
  while (isTooWide()) {
    const dropped = shown.findLast((index) => columns[index]?.drops === true);
    if (dropped === undefined) break;
    shown = shown.filter((index) => index !== dropped);
  }
  return shown;
}

/** Natural widths, then the widest column that may shrink gives way until the row fits. */
function fitWidths(columns: readonly Column[], rows: readonly (readonly string[])[], widthMax: number): number[] {
  const widths = columns.map((column, index) => naturalWidth(column, index, rows));
  const canGive = (index: number) => {
    const column = columns[index];
    return column?.shrinks === true && (widths[index] ?? 0) > Math.max(6, widthOf(column.title));
  };
  for (let excess = rowWidth(widths) - widthMax; excess > 0; excess--) {
    const givers = columns.map((_, index) => index).filter(canGive);
    const [widest] = givers.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function renderCell(column: Column, text: string, width: number, paint: Paint): string {
  const cell = clip(text, width);
  const padded = column.align === "right" ? padStart(cell, width) : padEnd(cell, width);
  const style = column.style?.(text) ?? null;
  return style === null ? padded : padded.replace(cell, () => paint(style, cell));
}

/** One line for each row under a line of titles; empty without rows. `widthMax` is Infinity where nobody reads along. */
export function renderTable(
  all: readonly Column[],
  rows: readonly (readonly string[])[],
  widthMax: number,
  paint: Paint,
): string {
  if (rows.length === 0) return "";
  const allRows = rows.map((row) => row.map(plainText));
  const shown = chooseColumns(all, allRows, widthMax);
  const columns = shown.flatMap((index) => all[index] ?? []);
  const safeRows = allRows.map((row) => shown.map((index) => row[index] ?? ""));
  const widths = fitWidths(columns, safeRows, widthMax);
  const titles = columns.map((column, index) => {
    const pad = " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(column.title)));
    const title = paint("dim", column.title);
    return column.align === "right" ? pad + title : title + pad;
  });
  const lines = safeRows.map((row) =>
    columns
      .map((column, index) => renderCell(column, row[index] ?? "", widths[index] ?? 0, paint))
      .join(GAP)
      .trimEnd(),
  );
  return [titles.join(GAP).trimEnd(), ...lines].join("\n");
}
