/** The tables in the documents that repeat what the code says: bounds, pauses, names of members and heads, rooms. */
import { LIMITS } from "../src/limits.ts";
import { FAILURE_WORDS } from "../src/operations/explain-words.ts";
import { CHATGPT_REFUSED_MEMBERS } from "../src/protocol/upstream-body.ts";
import { PASSED_HEADERS, RETURNED_HEADERS } from "../src/protocol/upstream-headers.ts";
import { VERDICTS } from "../src/router/rules/classify.ts";
import { FAILURE_KINDS, type FailureKind, type FailureScope } from "../src/router/rules/failure.ts";
import { PAUSES } from "../src/router/rules/health.ts";
import { COUNTERS, GAUGES, HISTOGRAMS, type MetricShape } from "../src/telemetry/metric-names.ts";

const UNITS: readonly (readonly [sizeMs: number, name: string])[] = [
  [24 * 60 * 60_000, "d"],
  [60 * 60_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

/** In the largest unit that leaves no fraction; a day or two stay hours. */
export function spanText(ms: number): string {
  const unit = UNITS.find(([sizeMs]) => ms % sizeMs === 0 && (sizeMs < 24 * 60 * 60_000 || ms > 2 * sizeMs));
  return unit === undefined ? `${ms} ms` : `${ms / unit[0]} ${unit[1]}`;
}

function sizeText(bytes: number): string {
  const mib = bytes / (1024 * 1024);
  return mib >= 1 ? `${mib} MiB` : `${bytes / 1024} KiB`;
}

/** A bound as a person says it, by the unit in its name. */
export function boundText(name: string, value: number): string {
  if (name.endsWith("Ms")) return spanText(value);
  return name.includes("Bytes") ? sizeText(value) : value.toLocaleString("en-GB");
}

/** The comment right above each member of `LIMITS`; empty where there is none. */
function readReasons(source: string): ReadonlyMap<string, string> {
  const members = source.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?\b([a-z]\w*): [^,\n]+,/g);
  return new Map(
    [...members].map(([, comment = "", name = ""]) => [name, comment.replace(/\s*\n\s*\*\s*/g, " ").trim()]),
  );
}

/** `sources`: the text of every file, to leave out a bound that nothing goes by. */
export function renderBounds(limitsSource: string, sources: readonly string[]): string {
  const reasons = readReasons(limitsSource);
  const used = Object.entries(LIMITS).filter(([name]) => sources.some((text) => text.includes(`LIMITS.${name}`)));
  const rows = used.map(([name, value]) => `| \`${name}\` | ${boundText(name, value)} | ${reasons.get(name) ?? ""} |`);
  return ["| bound | value | why |", "|---|---|---|", ...rows].join("\n");
}

const TARGETS: Partial<Record<FailureScope, string>> = {
  model: "one model of it",
  workspace: "every seat of its workspace",
};

function pauseRow(kind: FailureKind): string | null {
  const policy = PAUSES[kind];
  if (policy === undefined) return null;
  const target = TARGETS[VERDICTS[kind].scope] ?? "the account";
  const grows = policy.longestMs > policy.firstMs ? `, doubling to ${spanText(policy.longestMs)}` : "";
  const said = `${spanText(policy.saidMinMs)} to ${spanText(policy.saidMaxMs)}`;
  const cells = [
    `\`${kind}\``,
    FAILURE_WORDS[kind],
    target,
    spanText(policy.firstMs) + grows,
    said,
    policy.soft ? "soft" : "hard",
  ];
  return `| ${cells.join(" | ")} |`;
}

export function renderPauses(): string {
  const rows = FAILURE_KINDS.map(pauseRow).filter((row) => row !== null);
  const head =
    "| reason | what happened | pauses | without a word from upstream | upstream's word, kept within | kind |";
  return [head, "|---|---|---|---|---|---|", ...rows].join("\n");
}

function renderNames(names: readonly string[]): string {
  return `${names.map((name) => `\`${name}\``).join(", ")}.`;
}

export const renderIgnoredMembers = (): string => renderNames(CHATGPT_REFUSED_MEMBERS);
export const renderPassedHeaders = (): string => renderNames(PASSED_HEADERS);
export const renderReturnedHeaders = (): string => renderNames(RETURNED_HEADERS);

type Rooms = Readonly<Record<string, { readonly uses: readonly string[]; readonly names?: readonly string[] }>>;

/** The rules stand in the test that keeps them. The value is read from its text, so that its tests do not run here. */
function readRooms(testSource: string): Rooms {
  const text = /^const ROOMS[^=]*= (\{\n[\s\S]*?\n\});/m.exec(testSource)?.[1];
  if (text === undefined) throw new Error("the import test no longer has its rules in ROOMS");
  const json = text
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/\b(uses|names):/g, '"$1":')
    .replace(/,(\s*[}\]])/g, "$1");
  return JSON.parse(json);
}

/** `hasFiles` answers whether a room is there yet: rules may come before it. */
export function renderRooms(testSource: string, hasFiles: (room: string) => boolean): string {
  const nameOf = (room: string) => (room === "*" ? "everything" : `\`${room}\``);
  const list = (rooms: readonly string[]) =>
    rooms
      .filter((room) => room === "*" || hasFiles(room))
      .map(nameOf)
      .join(" ");
  const rows = Object.entries(readRooms(testSource))
    .filter(([room]) => hasFiles(room))
    .map(([room, { uses, names = [] }]) => `| \`${room}\` | ${list(uses) || "nothing"} | ${list(names)} |`);
  return ["| room | may import | and the types of |", "|---|---|---|", ...rows].join("\n");
}

function metricRows(type: string, shapes: Readonly<Record<string, MetricShape>>): string[] {
  return Object.entries(shapes).map(([name, { labels, help }]) => {
    const names = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
}

export function renderMetrics(): string {
  const rows = [...metricRows("counter", COUNTERS), ...metricRows("gauge", GAUGES)];
  const head = ["| metric | type | labels | meaning |", "|---|---|---|---|"];
  return [...head, ...rows, ...metricRows("histogram", HISTOGRAMS)].join("\n");
}
