/**
 * Writes what the documents repeat of the code: all of `docs/cli.md`, and the parts of others that stand between
 * `<!-- generated: NAME -->` and `<!-- /generated -->`. Run it with `npx bun scripts/write-docs.ts`; a test compares.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { root } from "../src/commands/root.ts";
import { renderCliDocs } from "./render-cli-docs.ts";
import {
  renderBounds,
  renderIgnoredMembers,
  renderMetrics,
  renderPassedHeaders,
  renderPauses,
  renderReturnedHeaders,
  renderRooms,
} from "./render-doc-tables.ts";

const ROOT = join(import.meta.dir, "..");
const SRC = join(ROOT, "src");

function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function readSources(): string[] {
  return [...new Glob("**/*.ts").scanSync(SRC)].map((path) => readFileSync(join(SRC, path), "utf8"));
}

/** By file and by the name of the part. */
const PARTS: Readonly<Record<string, Readonly<Record<string, () => string | Promise<string>>>>> = {
  "docs/api.md": {
    "ignored members": renderIgnoredMembers,
    "passed headers": renderPassedHeaders,
    "returned headers": renderReturnedHeaders,
  },
  "docs/architecture.md": {
    rooms: () => renderRooms(readText("test/house/imports.test.ts"), (room) => existsSync(join(SRC, room))),
  },
  "docs/metrics.md": { metrics: renderMetrics },
  "docs/operations.md": { bounds: () => renderBounds(readText("src/limits.ts"), readSources()) },
  "docs/routing.md": { pauses: renderPauses },
};

function replacePart(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- generated: ${name} -->`, "<!-- /generated -->"];
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  if (start === -1 || end === -1) throw new Error(`there is no place for "${name}"`);
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}

/** Every file that is generated in whole or in part, by its path, as it should read. */
export async function renderDocs(): Promise<ReadonlyMap<string, string>> {
  const rendered = new Map([["docs/cli.md", await renderCliDocs(root)]]);
  for (const [path, parts] of Object.entries(PARTS)) {
    let text = readText(path);
    for (const [name, render] of Object.entries(parts)) text = replacePart(text, name, await render());
    rendered.set(path, text);
  }
  return rendered;
}

if (import.meta.main) {
  for (const [path, text] of await renderDocs()) {
    if (existsSync(join(ROOT, path)) && readText(path) === text) continue;
    writeFileSync(join(ROOT, path), text);
    console.log(path);
  }
}
