/** The source as the house rules see it: files, rooms and imports, without running anything of it. */

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Glob } from "bun";

export const ROOT = join(import.meta.dir, "..", "..");
export const SRC = join(ROOT, "src");

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from `src/`; null for packages and builtins. */
  readonly target: string | null;
  /** Gone at run time. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Path from `src/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const IMPORT_FORMS = [
  /^(?:import|export)\s[^;]*?\sfrom\s+["']([^"']+)["']/gm,
  /^import\s+["']([^"']+)["']/gm,
  /\bimport\(\s*["']([^"']+)["']\s*\)/g,
] as const;

function specifiersOf(text: string): string[] {
  return [...new Set(IMPORT_FORMS.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? "")))];
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), "utf8");
  const atRunTime = new Set(
    new Bun.Transpiler({ loader: path.endsWith(".tsx") ? "tsx" : "ts" }).scanImports(text).map((found) => found.path),
  );
  const imports = specifiersOf(withoutComments(text)).map((specifier) => ({
    specifier,
    target: specifier.startsWith(".") ? relative(SRC, join(SRC, dirname(path), specifier)) : null,
    typeOnly: !atRunTime.has(specifier),
  }));
  return { path, text, imports };
}

/** The code without comments, line by line where it was. Texts that look like comments are not worth a parser here. */
export function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, " ");
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(^|[^:"'`\\])\/\/[^\n]*/g, (all, before) => before + blank(all.slice(before.length)));
}

/** Every TypeScript file below `src/`, by path. */
export function readSources(): SourceFile[] {
  return [...new Glob("**/*.{ts,tsx}").scanSync(SRC)].sort().map(readSource);
}

/** Places that match a pattern in the code, comments left out: `room/file.ts:12: text of the line`. */
export function findLines(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    withoutComments(file.text)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
