import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { boundText } from "../../scripts/render-doc-tables.ts";
import { renderDocs } from "../../scripts/write-docs.ts";
import { LIMITS } from "../../src/limits.ts";
import { CHOICE_REASONS } from "../../src/router/rules/choose.ts";
import { EXCLUSIONS } from "../../src/router/rules/eligibility.ts";
import { FAILURE_SCOPES, PHASES } from "../../src/router/rules/failure.ts";
import { NOBODY_CODES } from "../../src/router/rules/nobody.ts";
import { AFFINITIES } from "../../src/router/rules/session.ts";
import { TURN_ENDS } from "../../src/router/rules/turn-record.ts";
import { REFRESH_OUTCOMES } from "../../src/telemetry/events.ts";
import { COUNTERS, GAUGES, HISTOGRAMS, type MetricShape } from "../../src/telemetry/metric-names.ts";
import { allFlags, commandsOf, findDeadLinks, findMistake, readDocuments, shellLinesOf, spansOf } from "./docs-tree.ts";
import { ROOT, readSources } from "./source-tree.ts";

const documents = readDocuments();
const written = documents.filter(({ path }) => path !== "docs/cli.md");
const sources = readSources();

function documentAt(path: string) {
  const found = documents.find((document) => document.path === path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
}

/** Codes that the server itself answers with, besides those for the state of the pool. */
function codesOfServer(): string[] {
  const refusals = /\brefuse(?:d|Request)?\(\s*(?:\d{3},\s*"\w+",\s*)?"(\w+)"/g;
  const places = sources.filter(({ path }) =>
    /^(server|router)\/|^protocol\/(chat-|mapped|responses-request)/.test(path),
  );
  return places.flatMap(({ text }) => [...text.matchAll(refusals)].map((match) => match[1] ?? ""));
}

describe("the documents", () => {
  test("repeat the code as it is: run `npx bun scripts/write-docs.ts` when they do not", async () => {
    const outdated = [...(await renderDocs())].filter(([path, text]) => documentAt(path).text !== text);
    expect(outdated.map(([path]) => path)).toEqual([]);
  });

  test("lead nowhere that is not there", () => {
    expect(documents.flatMap(findDeadLinks)).toEqual([]);
  });

  test("name commands and flags that are there", async () => {
    const named = written.flatMap((document) => commandsOf(document).map((words) => ({ document, words })));
    expect(named.length).toBeGreaterThan(30);
    const mistakes = [];
    for (const { document, words } of named) {
      const mistake = await findMistake(words);
      if (mistake !== null) mistakes.push(`${document.path}: codexuse ${words.join(" ")}: ${mistake}`);
    }
    expect(mistakes).toEqual([]);
  });

  test("name no flag that no command has", async () => {
    const known = await allFlags();
    const flags = written.flatMap((document) =>
      spansOf(document).flatMap((span) => (/^--([a-z][a-z-]*)/.test(span) ? [{ path: document.path, span }] : [])),
    );
    const strays = flags.filter(({ span }) => !known.has(/^--([a-z-]+)/.exec(span)?.[1] ?? ""));
    expect(strays).toEqual([]);
  });

  test("name scripts that are there", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    const named = written.flatMap((document) =>
      [...shellLinesOf(document), ...spansOf(document)].flatMap(
        (text) => /\bnpm (?:run )?([a-z]+)/.exec(text)?.[1] ?? [],
      ),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  test("name files of the project that are there", () => {
    const named = documents.flatMap((document) =>
      spansOf(document)
        .filter((span) => /^(src|test|scripts|docs)\/[\w./-]*$/.test(span))
        .filter((span) => !existsSync(join(ROOT, span)))
        .map((span) => `${document.path}: ${span}`),
    );
    expect(named).toEqual([]);
  });

  test("give bounds the values they have", () => {
    const bounds: Readonly<Record<string, number>> = LIMITS;
    const told = written.flatMap(({ path, text }) =>
      [...text.matchAll(/([\d.,]+(?: (?:ms|s|min|h|d|[KM]iB))?)\s+\(`(\w+)`\)/g)].map(([, value, name = ""]) => {
        const bound = bounds[name];
        return { path, name, value, is: bound === undefined ? "no bound" : boundText(name, bound) };
      }),
    );
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter(({ value, is }) => value !== is)).toEqual([]);
  });

  test("name variables of the environment that are read, and every one that is", () => {
    const namesIn = (pattern: RegExp) =>
      sources.flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
    const known = new Set(namesIn(/"(CODEXUSE_[A-Z]+(?:_[A-Z]+)*)"/g));
    const read = new Set([...namesIn(/env\["(CODEXUSE_\w+)"\]/g), ...namesIn(/\["\w+Url", "(CODEXUSE_\w+)"\]/g)]);
    const told = spansOf(documentAt("docs/operations.md")).filter((span) => /^CODEXUSE_[A-Z_]+$/.test(span));
    expect(read.size).toBeGreaterThan(4);
    expect(told.filter((name) => !known.has(name))).toEqual([]);
    expect([...read].filter((name) => !told.includes(name))).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const { text } = documentAt("docs/architecture.md");
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  const cellsOf = (row: string) => row.split("|").map((cell) => cell.trim());

  test("names functions and types that are in the files it names", () => {
    const claims = rows.flatMap((row) => {
      const [, , functions = "", file = ""] = cellsOf(row);
      const path = /^`(src\/[\w/.-]+\.ts)`$/.exec(file)?.[1];
      const names = [...functions.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? "");
      return path === undefined ? [] : names.map((name) => ({ path, name }));
    });
    expect(claims.length).toBeGreaterThan(30);
    const isThere = (path: string, name: string) =>
      new RegExp(`\\b${name}\\b`).test(readFileSync(join(ROOT, path), "utf8"));
    const missing = claims.filter(({ path, name }) => !isThere(path, name));
    expect(missing).toEqual([]);
  });

  test("names tests that are in the files it names", () => {
    const claims = rows.flatMap((row) => [...row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`: "([^"]+)"/g)]);
    expect(claims.length).toBeGreaterThan(10);
    const missing = claims.filter(([, path = "", name = ""]) => !readFileSync(join(ROOT, path), "utf8").includes(name));
    expect(missing.map(([claim]) => claim)).toEqual([]);
  });

  test("has a row for every room, every phase and every scope", () => {
    const rooms = new Set(sources.map(({ path }) => path.split("/")[0] ?? "").filter((room) => !room.endsWith(".ts")));
    expect([...rooms].filter((room) => !text.includes(`| \`src/${room}\` |`))).toEqual([]);
    expect(PHASES.filter((phase) => !text.includes(`\`${phase}\``))).toEqual([]);
    expect(FAILURE_SCOPES.filter((scope) => !text.includes(`| \`${scope}\` |`))).toEqual([]);
  });
});

describe("docs/routing.md", () => {
  const spans = new Set(spansOf(documentAt("docs/routing.md")));

  test("says what every word of a choice means", () => {
    const words = [...EXCLUSIONS, ...CHOICE_REASONS, ...AFFINITIES];
    expect(words.filter((word) => !spans.has(word))).toEqual([]);
  });
});

describe("docs/metrics.md", () => {
  const document = documentAt("docs/metrics.md");
  const shapes: Readonly<Record<string, MetricShape>> = { ...COUNTERS, ...GAUGES, ...HISTOGRAMS };
  const metricOf = (name: string) => (Object.hasOwn(shapes, name) ? name : name.replace(/_(bucket|sum|count)$/, ""));

  test("asks only for metrics and labels that are there", () => {
    const named = [...document.text.matchAll(/\b((?:codexuse|process)_[a-z_]+)(?:\{(\w+)=)?/g)];
    expect(named.length).toBeGreaterThan(25);
    const strays = named.filter(([, name = "", label]) => {
      const shape = shapes[metricOf(name)];
      return shape === undefined || (label !== undefined && !shape.labels.includes(label));
    });
    expect(strays.map(([text]) => text)).toEqual([]);
  });

  test("says what every end of a turn and of a refresh means", () => {
    const spans = new Set(spansOf(document));
    expect([...TURN_ENDS, ...REFRESH_OUTCOMES].filter((word) => !spans.has(word))).toEqual([]);
  });
});

describe("docs/api.md", () => {
  const spans = new Set(spansOf(documentAt("docs/api.md")));

  test("has every code of an error", () => {
    expect(NOBODY_CODES.filter((code) => !spans.has(code))).toEqual([]);
    const codes = codesOfServer();
    expect(codes.length).toBeGreaterThan(8);
    expect(codes.filter((code) => !spans.has(code))).toEqual([]);
  });

  test("has every route, and no other", () => {
    const http = readFileSync(join(ROOT, "src/server/http.ts"), "utf8");
    const mounted = [...http.matchAll(/\.(get|post|delete)\(\s*"([^"]+)"/g)].map(
      ([, method = "", path = ""]) => `${method.toUpperCase()} ${path.replace(/:(\w+)/, "{$1}").replace("*", "{id}")}`,
    );
    const told = [...spans].filter((span) => /^(GET|POST|DELETE) \//.test(span));
    expect(told.sort()).toEqual(mounted.sort());
  });
});
