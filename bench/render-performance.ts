/** docs/performance.md from a report: the figures, what they were measured with, and what they mean. */
import { type Figure, renderMarkdown, round, rowsOf } from "../src/bench/figures.ts";
import { FULL_PLAN, type Report } from "../src/bench/run-bench.ts";
import { renderSockets, type SocketFigures } from "./sockets.ts";

export interface Measured {
  readonly report: Report;
  readonly grown: readonly Figure[];
  /** Null when it was not measured. */
  readonly sockets: SocketFigures | null;
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

const METHOD = `How it is measured: upstream, the proxies, the pool and the load are processes of their own on one machine, and share its
cores. All targets take turns within each round, each round beginning with another one, so that a machine that slows down
slows all of them; figures are medians over the rounds, of which rates have ${FULL_PLAN.rateRounds}. What stands under
"codexuse against bare" is a ratio for rates and a difference for times and memory: the median of the rounds' own, and
where their middle half lies. Before anything is timed, each target serves ${FULL_PLAN.warmUpStreams} large streams and ${FULL_PLAN.warmUpTurns.toLocaleString("en")} small turns: what
runs for weeks is measured, and not what was started a second ago. Single milliseconds depend on the machine; ratios and
differences much less.

- **Time to first output** is taken one turn at a time, ${FULL_PLAN.timedTurns} of each target in a row, as they come when somebody uses
  that proxy and no other. "Each turn after one of every other" is the same with one turn of each target in turn: every
  process then finds the machine's caches emptied by all the others, which costs most where most is done.
- **Small streams** are short enough, and upstream quick enough, for most of them to have come whole before their head goes
  out; the pool then sends them in one piece.
- **Upstream** sends every event by itself. The simulator checks each request and makes its answers anew, as a server
  does; the upstream "at no cost" has them ready, so that what stands before it shows undiluted. OpenAI's ChatGPT backend
  has no answers in one piece, nor has the simulator: there, upstream itself and the two yardsticks give out the stream,
  and only the pool makes one piece of it.
- **The bare proxy** is a dozen lines on the same runtime that hands bytes through; its JavaScript never sees one of a
  stream. **The reading proxy** is the same with each request parsed, and each chunk of a stream in JavaScript once: what
  it lacks to the bare one is the price of looking at all, and the rest is ours.
- **The pool** checks keys, routes, keeps sessions and a turn log, watches quota and usage, and holds the beginning of
  each stream back until it is known to be good.

The topmost of JavaScriptCore's compilers takes one to two seconds of CPU in the first 25,000 turns of a runtime. What it
makes serves small turns for 3 to 10 % less and large streams for no more, so that it has paid for itself after some 45,000
turns; \`BUN_JSC_useFTLJIT=0\` in the runtime's environment does without. What is measured here has it.

Free memory is given back every ten seconds and not ten times a second (\`MIMALLOC_PURGE_DELAY\`,
\`MIMALLOC_PURGE_HOLES_MIN_INTERVAL\`, in milliseconds): turns asked for the same pages again, eight to fifteen times each
with 100 kB of input.`;

function scaleText({ report, grown }: Measured): string {
  const { figures } = report;
  const rate = poolValue(figures, "small streams");
  const cpuMs = poolValue(figures, "1,000 of them");
  const perStream = poolValue(figures, "memory of one of 2,000") ?? poolValue(figures, "memory of one of");
  const events = poolValue(figures, "streams of");
  const choice = poolValue(grown, "one choice, 200 profiles");
  const perSecond = cpuMs === null || cpuMs === 0 ? "?" : round(Math.round(1_000_000 / cpuMs));
  return `One runtime does its own work on one core; in the figures above the same two cores also carry the load and the upstream
of the bench.

- **Turns.** A small turn costs ${cpuMs === null ? "?" : round(cpuMs / 1_000)} ms of CPU, so one core to itself holds about ${perSecond} turns a second; beside load and
  upstream it was ${textOf(rate, "turns/s")}. People and agents ask a few times a minute: this is the least of the limits.
- **Events.** All streams together: ${textOf(events, "events/s")}. A model writes 50 to 200 events a second into one stream.
  **This breaks first**: beyond it the one core is full, all streams slow down together, and back-pressure reaches
  upstream; nothing is dropped, and memory does not grow.
- **Open streams.** Each takes ${textOf(perStream, "KiB")}; a quiet one costs nothing else. The runtime allows itself 16,384 requests
  to upstream at a time; further ones wait for a place.
- **Profiles and sessions.** A choice among 200 profiles with 10,000 sessions takes ${textOf(choice, "µs")} (wanted: at most 100). Sessions are looked up
  by index, however many there are; 20,000 at most count as load.
- **The turn log.** It is bounded by age and size (\`turnLogMs\`, \`turnLogBytesMax\`); writing into a full one costs what writing
  into an empty one does. Turns are written together, \`afterwardsMs\` and \`gatherWritesMs\` late: a stop loses nothing, a killed
  process that much of its log and of its sessions. Keys, sign-ins, cooldowns and stored responses are written at once.
- **Large inputs.** A request is checked as a whole and sent on as it came. While 1 MB of it is read, nothing else of the
  runtime moves for about a millisecond; 64 MiB is the bound.`;
}

/** Figures of a machine with other work to do are no promise, and say so. */
function busyText({ loadBefore }: Report): string {
  if (loadBefore < 0.5) return "";
  return `
**The machine was not ours alone**: ${round(loadBefore)} other processes wanted its cores when the run began. Everything is slower
for that, and what does most in JavaScript suffers most; a quiet machine shows better ratios.
`;
}

export function renderPerformance(measured: Measured): string {
  const { report, grown, sockets, binaryBytes } = measured;
  const day = new Date(report.atMs).toISOString().slice(0, 10);
  const size = binaryBytes === null ? "from source" : `one file of ${(binaryBytes / 1024 / 1024).toFixed(0)} MiB`;
  return `# Performance

What the pool costs, measured by \`npm run bench\`, which writes this page. \`codexuse bench\` measures the same on your own
machine, with a short run and nothing but the program itself; \`--target\` puts any other proxy beside it.

Measured on ${day} with codexuse ${report.version} (${size}) on ${report.machine}; ${report.rounds} rounds.
${busyText(report)}
${renderMarkdown(rowsOf(report.figures))}

${missedText(report.figures)}

${METHOD}

## Scale

How the cost of a turn grows with what it carries and with what the pool knows:

${renderMarkdown(rowsOf(grown))}

${scaleText(measured)}
${sockets === null ? "" : `\n## WebSocket beside HTTP\n\n${renderSockets(sockets)}\n`}`;
}
