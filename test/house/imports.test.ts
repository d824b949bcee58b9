import { describe, expect, test } from "bun:test";
import { readSources, type SourceFile } from "./source-tree.ts";

const files = readSources();
const byPath = new Map(files.map((file) => [file.path, file]));

/**
 * Rooms by the beginning of their paths; the longest that fits counts. `uses` may be imported for good, `names` for their
 * types only. Every room may import itself.
 */
const ROOMS: Readonly<Record<string, { readonly uses: readonly string[]; readonly names?: readonly string[] }>> = {
  "main.ts": { uses: ["app.ts", "commands/"] },
  "app.ts": { uses: ["*"] },
  "app/": { uses: ["*"] },
  // The workers beside the server, started by app.ts.
  "upkeep.ts": { uses: ["accounts/", "limits.ts"], names: ["ports.ts", "telemetry/"] },
  "ports.ts": { uses: [], names: ["router/rules/", "protocol/"] },
  "limits.ts": { uses: [] },
  "version.ts": { uses: [] },
  "clock.ts": { uses: [], names: ["ports.ts"] },
  "commands/": {
    uses: [
      "operations/",
      "daemon/",
      "setup/",
      "doctor/",
      "commands/spans.ts",
      "telemetry/",
      "ports.ts",
      "limits.ts",
      "clock.ts",
      "version.ts",
      "commands/demo/",
      "bench/",
    ],
    names: ["app.ts"],
  },
  // Spans of time in words: how people are told, wherever they read it.
  "commands/spans.ts": { uses: [] },
  "commands/demo/": { uses: ["commands/", "operations/", "simulator/"], names: ["app.ts", "ports.ts", "telemetry/"] },
  // A client of the running program, and of what stands in for upstream.
  "bench/": {
    uses: ["operations/", "simulator/", "version.ts"],
    names: ["ports.ts", "router/rules/"],
  },
  "daemon/": { uses: ["ports.ts", "limits.ts"] },
  "setup/": { uses: ["protocol/"], names: ["ports.ts"] },
  "doctor/": { uses: ["operations/", "daemon/", "accounts/", "store/", "ports.ts", "version.ts"] },
  "operations/": {
    uses: ["ports.ts", "limits.ts", "router/rules/", "models/", "store/", "accounts/"],
    names: ["operations/page-wire.ts"],
  },
  // What the runtime and its page say to each other: types that stand for themselves.
  "operations/page-wire.ts": { uses: [] },
  "server/": {
    uses: ["operations/", "router/", "protocol/", "models/", "telemetry/", "ports.ts", "limits.ts"],
    names: ["router/rules/", "operations/page-wire.ts"],
  },
  // Runs in a browser: nothing of the program but what the wire looks like, and words that are the same everywhere.
  "page/": { uses: ["commands/spans.ts"], names: ["operations/page-wire.ts"] },
  "router/": { uses: ["router/rules/", "protocol/", "models/", "telemetry/", "ports.ts", "limits.ts"] },
  "router/rules/": { uses: [] },
  "accounts/": {
    uses: [
      "ports.ts",
      "limits.ts",
      "clock.ts",
      "router/rules/",
      "protocol/",
      "models/",
      "store/",
      "upstream/",
      "telemetry/",
    ],
  },
  "upstream/": { uses: ["ports.ts", "limits.ts", "protocol/"], names: ["router/rules/"] },
  // Pure like the rules, whose words for limits and windows it speaks.
  "protocol/": { uses: ["router/rules/"] },
  "models/": { uses: [] },
  "store/": { uses: ["ports.ts", "limits.ts", "router/rules/"] },
  "alerts/": { uses: ["operations/", "ports.ts", "limits.ts", "commands/spans.ts"] },
  "telegram/": {
    uses: ["alerts/", "operations/", "telemetry/", "ports.ts", "limits.ts", "version.ts", "commands/spans.ts"],
  },
  "telemetry/": { uses: ["protocol/", "router/rules/"], names: ["ports.ts"] },
  "simulator/": { uses: ["protocol/"], names: ["ports.ts"] },
};

/** Packages and builtins that have one home. Everything else may be imported anywhere. */
const HOMES: readonly { readonly packages: RegExp; readonly rooms: readonly string[] }[] = [
  { packages: /^(elysia|@elysiajs\/.*)$/, rooms: ["server/"] },
  { packages: /^bun:sqlite$/, rooms: ["store/"] },
  { packages: /^grammy(\/.*)?$/, rooms: ["telegram/"] },
  { packages: /^prom-client(\/.*)?$/, rooms: ["telemetry/"] },
  { packages: /^(preact|uplot)(\/.*)?$/, rooms: ["page/"] },
  { packages: /^(citty|consola)(\/.*)?$/, rooms: ["commands/", "main.ts"] },
];

function roomOf(path: string): string | null {
  const fitting = Object.keys(ROOMS).filter((room) => path === room || (room.endsWith("/") && path.startsWith(room)));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null;
}

function isAllowed(from: string, to: string, typeOnly: boolean): boolean {
  const rules = ROOMS[from];
  if (rules === undefined || from === to || rules.uses.includes("*")) return rules !== undefined;
  return rules.uses.includes(to) || (typeOnly && rules.names?.includes(to) === true);
}

/** A way from `main.ts` to the file, for whoever asks how it got there. */
function chainTo(path: string): string {
  const cameFrom = new Map<string, string | null>([["main.ts", null]]);
  for (const visited of cameFrom.keys()) {
    if (visited === path) break;
    for (const { target } of byPath.get(visited)?.imports ?? []) {
      if (target !== null && !cameFrom.has(target)) cameFrom.set(target, visited);
    }
  }
  const chain: string[] = [];
  for (let at: string | null | undefined = path; at !== null && at !== undefined; at = cameFrom.get(at))
    chain.unshift(at);
  return chain.join(" → ");
}

describe("imports", () => {
  test("every file is in a room that has rules", () => {
    expect(files.map((file) => file.path).filter((path) => roomOf(path) === null)).toEqual([]);
  });

  test("go only where the picture of the architecture has an arrow", () => {
    const forbidden = files.flatMap((file) =>
      file.imports.flatMap(({ target, typeOnly }) => {
        if (target === null || target.startsWith("..")) return [];
        const [from, to] = [roomOf(file.path) ?? "?", roomOf(target) ?? "?"];
        if (isAllowed(from, to, typeOnly)) return [];
        return [`${from} must not import ${to}${typeOnly ? " (types)" : ""}: ${chainTo(file.path)} → ${target}`];
      }),
    );
    expect(forbidden).toEqual([]);
  });

  test("name files that are there, with their extension", () => {
    const dangling = files.flatMap((file) =>
      file.imports
        .filter(({ target }) => target !== null && !target.startsWith("..") && !byPath.has(target))
        .map(({ specifier }) => `${file.path}: ${specifier}`),
    );
    expect(dangling).toEqual([]);
  });

  test("keep elysia in the server, sqlite in the store, citty and consola in the commands", () => {
    const strays = files.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const home = HOMES.find(({ packages }) => packages.test(specifier));
        if (home === undefined || home.rooms.some((room) => file.path.startsWith(room))) return [];
        return [`${specifier} belongs to ${home.rooms.join(", ")}: ${chainTo(file.path)}`];
      }),
    );
    expect(strays).toEqual([]);
  });

  test("write node's own modules with their prefix", () => {
    const bare =
      /^(assert|buffer|child_process|crypto|events|fs|http|net|os|path|stream|timers|tty|url|util|zlib)(\/.*)?$/;
    const strays = files.flatMap(({ path, imports }) =>
      imports.filter(({ specifier }) => bare.test(specifier)).map(({ specifier }) => `${path}: ${specifier}`),
    );
    expect(strays).toEqual([]);
  });

  test("never run in a circle", () => {
    expect(files.map((file) => circleFrom(file)).filter((circle) => circle !== null)).toEqual([]);
  });
});

/** The shortest way from a file back to itself over imports that exist at run time; told once for all its members. */
function circleFrom(start: SourceFile): string | null {
  const cameFrom = new Map<string, string>();
  const queue = [start.path];
  for (const path of queue) {
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (target === null || typeOnly) continue;
      if (target === start.path) return describeCircle(start.path, path, cameFrom);
      if (!cameFrom.has(target)) {
        cameFrom.set(target, path);
        queue.push(target);
      }
    }
  }
  return null;
}

function describeCircle(start: string, last: string, cameFrom: ReadonlyMap<string, string>): string | null {
  const circle = [start];
  for (let at: string | undefined = last; at !== undefined && at !== start; at = cameFrom.get(at)) circle.unshift(at);
  const first = [...circle].sort()[0];
  return first === start ? [start, ...circle].join(" → ") : null;
}
