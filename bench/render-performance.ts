/** docs/performance.md from a report: the figures, what they were measured with, and what they mean. */
import { type Figure, renderMarkdown, round, rowsOf } from "../src/bench/figures.ts";
import type { Report } from "../src/bench/run-bench.ts";

export interface Measured {
  readonly report: Report;
  readonly grown: readonly Figure[];
  /** Null when the source was measured. */
  readonly binaryBytes: number | null;
}

function figureOf(figures: readonly Figure[], beginning: string): Figure | null {
  return figures.find((figure) => figure.what.startsWith(beginning)) ?? null;
}

function poolValue(figures: readonly Figure[], beginning: string): number | null {
  return figureOf(figures, beginning)?.values["codexuse"] ?? null;
}

function textOf(value: number | null, unit: string): string {
  return value === null ? "not measured" : `${round(value)} ${unit}`;
}

function missedText(figures: readonly Figure[]): string {
  const missed = figures.filter((figure) => figure.against?.target?.isMet === false);
  if (missed.length === 0) return "Everything that was wanted is met in this run.";
  return `Not met in this run: ${missed.map((figure) => figure.what).join("; ")}.`;
}

const METHOD = `How it is measured: upstream, the barest proxy, the pool and the load are processes of their own on one machine, and share
its cores. All targets take turns within each round, so that a machine that slows down slows all of them; figures are
medians over the rounds unless they say otherwise. The pretend upstream costs as little as it can and sends every event
by itself. The bare proxy is a dozen lines on the same runtime that hands bytes through without looking at them; the pool
checks keys, routes, keeps sessions and a turn log, watches quota and usage, and holds the beginning of each stream back
until it is known to be good. What stands under "codexuse against bare" is a ratio for rates and a difference for
times and memory. Single milliseconds depend on the machine; ratios and differences much less.`;

function scaleText({ report, grown }: Measured): string {
  const { figures } = report;
  const rate = poolValue(figures, "small streams");
  const cpuMs = poolValue(figures, "1,000 of them");
  const perStream = poolValue(figures, "memory of one of 2,000") ?? poolValue(figures, "memory of one of");
  const events = poolValue(figures, "streams of");
  const choice = poolValue(grown, "one choice, 200 profiles");
  return `One runtime uses one core for its own work; the curve above is that of a machine whose two cores also carry the load and
the upstream of the bench.

- **Turns.** A small turn costs ${cpuMs === null ? "an unmeasured" : round(cpuMs / 1_000)} ms of CPU, so one core holds about ${
    cpuMs === null || cpuMs === 0 ? "?" : Math.round(1_000_000 / cpuMs).toLocaleString("en")
  } turns a second when nothing else runs on it; beside load and upstream it was ${textOf(rate, "turns/s")}. People and agents
  ask a few times a minute: this is the least of the limits.
- **Events.** ${textOf(events, "events/s")} through all streams together. A model writes 50 to 200 events a second, so that
  is hundreds of streams at full speed. **This breaks first**: beyond it events queue up, streams slow down together, and
  back-pressure reaches upstream; nothing is dropped and memory does not grow.
- **Open streams.** Each takes ${textOf(perStream, "KiB")}; quiet ones cost nothing else. 16,384 requests to upstream at a time is
  the cap that the runtime sets for itself; further ones wait for a place.
- **Profiles and sessions.** A choice among 200 profiles with 10,000 sessions takes ${textOf(choice, "µs")}; sessions are looked up by
  index and cost nothing by their number. 20,000 sessions are kept in memory as load, all others in the file.
- **The turn log.** It is bounded by age and size (\`turnLogMs\`, \`turnLogBytesMax\`), and writing into a full one costs what
  writing into an empty one does. Turns are written together, at most \`gatherWritesMs\` late: a stop loses nothing, a killed
  process that much of its log and counts. Keys, sign-ins, cooldowns and stored responses are written at once.
- **Large inputs.** A request is read, checked and sent on as text; 1 MB costs what the table says, and 64 MiB is the
  bound. Such a request holds the whole runtime up for as long as it is parsed: about a millisecond for each megabyte.`;
}

export function renderPerformance(measured: Measured): string {
  const { report, grown, binaryBytes } = measured;
  const day = new Date(report.atMs).toISOString().slice(0, 10);
  const size = binaryBytes === null ? "from source" : `one file of ${(binaryBytes / 1024 / 1024).toFixed(0)} MiB`;
  return `# Performance

What the pool costs, measured by \`npm run bench\`, which writes this page. \`codexuse bench\` measures the same on your own
machine, with a short run and nothing but the program itself; \`--target\` puts any other proxy beside it.

Measured on ${day} with codexuse ${report.version} (${size}) on ${report.machine}; ${report.rounds} rounds.

${renderMarkdown(rowsOf(report.figures))}

${missedText(report.figures)}

${METHOD}

## Scale

How the cost of a turn grows with what it carries and with what the pool knows:

${renderMarkdown(rowsOf(grown))}

${scaleText(measured)}
`;
}
