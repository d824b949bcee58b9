/** How do figures get into docs/reliability.md? Owns the part of each class between its two marks, and the tables. */
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, totalmem, type } from "node:os";
import { join } from "node:path";
import { VERSION } from "../src/version.ts";
import type { TrialClass, TrialRow } from "./trial.ts";

const DOCUMENT = join(import.meta.dir, "..", "docs", "reliability.md");

export interface TrialRecord {
  readonly class: TrialClass;
  readonly words: string;
  readonly seconds: number;
  readonly rows: readonly TrialRow[];
}

function verdictOf(row: TrialRow): string {
  return row.breaches.length === 0 ? "held" : `**broken: ${row.breaches.length}**`;
}

/** As a table for a terminal. */
export function renderRows(rows: readonly TrialRow[]): string {
  const cells = rows.map((row) => [row.name, row.tried, row.found, verdictOf(row)]);
  const widths = [0, 1].map((column) => Math.max(...cells.map((line) => (line[column] ?? "").length)));
  const lines = cells.map(([name = "", tried = "", found = "", verdict = ""]) =>
    [verdict.padEnd(6), name.padEnd(widths[0] ?? 0), tried.padEnd(widths[1] ?? 0), found].join("  "),
  );
  return lines.join("\n");
}

function renderLine(row: TrialRow): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return `| ${cell(row.name)} | ${cell(row.tried)} | ${cell(row.found)} | ${verdictOf(row)} |`;
}

function renderTable(rows: readonly TrialRow[]): string {
  return ["| what | tried | found | |", "|---|---|---|---|", ...rows.map(renderLine)].join("\n");
}

function describeRun(record: TrialRecord, date: string): string {
  const machine = `${type()} ${arch()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const duration = record.seconds < 120 ? `${Math.round(record.seconds)} s` : `${Math.round(record.seconds / 60)} min`;
  return `\`${record.words}\` on ${date}: codexuse ${VERSION}, Bun ${Bun.version}, ${machine}, ${duration}.`;
}

/** Puts the figures of single trials in place of their last ones; those of trials that stand nowhere yet are left out. */
export function writeRows(rows: readonly TrialRow[]): void {
  const lines = readFileSync(DOCUMENT, "utf8").split("\n");
  const written = lines.map((line) => {
    const row = rows.find(({ name }) => line.startsWith(`| ${name} | `));
    return row === undefined ? line : renderLine(row);
  });
  writeFileSync(DOCUMENT, written.join("\n"));
}

/** Puts the figures of this class in place of the last ones. `date` is a day, such as 2026-11-22. */
export function writeRecord(record: TrialRecord, date: string): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [open, close] = [`<!-- trial: ${record.class} -->`, "<!-- /trial -->"];
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  if (start === -1 || end === -1) throw new Error(`docs/reliability.md has no place for ${record.class}`);
  const part = `${describeRun(record, date)}\n\n${renderTable(record.rows)}`;
  writeFileSync(DOCUMENT, `${text.slice(0, start + open.length)}\n\n${part}\n\n${text.slice(end)}`);
}
