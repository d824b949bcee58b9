import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readDocuments } from "./docs-tree.ts";
import { ROOT } from "./source-tree.ts";

const TRAPS = 48;

const documents = readDocuments();
const textOf = (path: string) => documents.find((document) => document.path === path)?.text ?? "";

/** `file`: "part of a test's name", as documents cite them. */
function citationsIn(text: string): { readonly path: string; readonly name: string }[] {
  return [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`: "([^"]+)"/g)].map(([, path = "", name = ""]) => ({
    path,
    name,
  }));
}

/** The names of tests and of their groups, as they stand in the file. */
function namesIn(path: string): readonly string[] {
  const file = join(ROOT, path);
  if (!existsSync(file)) return [];
  const names = readFileSync(file, "utf8").matchAll(/\b(?:test|describe)\(\s*(["'`])([\s\S]*?)\1/g);
  return [...names].map(([, , name = ""]) => name);
}

const rowsOf = (text: string) => text.split("\n").filter((line) => /^\| /.test(line));

describe("the tests that documents cite", () => {
  for (const path of ["docs/traps.md", "docs/threat-model.md"]) {
    test(`in ${path} are there`, () => {
      const cited = citationsIn(textOf(path));
      expect(cited.length).toBeGreaterThan(20);
      const missing = cited.filter(({ path: file, name }) => !namesIn(file).some((one) => one.includes(name)));
      expect(missing).toEqual([]);
    });
  }
});

test("docs/traps.md has a row for every trap, in order, and each cites a test", () => {
  const rows = rowsOf(textOf("docs/traps.md")).filter((row) => /^\| \d+ \|/.test(row));
  expect(rows.map((row) => Number(/^\| (\d+)/.exec(row)?.[1]))).toEqual(Array.from({ length: TRAPS }, (_, i) => i + 1));
  expect(rows.filter((row) => citationsIn(row).length === 0)).toEqual([]);
});

test("docs/threat-model.md cites a test for every defence", () => {
  const section = /## What is defended\n([\s\S]*?)\n## /.exec(textOf("docs/threat-model.md"))?.[1] ?? "";
  const [, , ...rows] = section.split("\n").filter((line) => line.startsWith("|"));
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((row) => citationsIn(row).length === 0)).toEqual([]);
});
