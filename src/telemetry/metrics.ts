/**
 * How much, how often, how long? The figures of one runtime for Prometheus: counts are a reading of the events, and what
 * is true right now is read at each scrape. Holds names the owner gave and words of closed sets; never a key, an address,
 * an account's id or content.
 */
import process from "node:process";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { TURN_ENDS, type TurnRecord } from "../router/rules/turn-record.ts";
import type { Emit, TelemetryEvent } from "./events.ts";
import {
  COUNTERS,
  type CounterName,
  GAUGES,
  type GaugeName,
  HISTOGRAMS,
  type HistogramName,
  type MetricShape,
} from "./metric-names.ts";

/** One profile as its owner is shown it. */
export interface ProfileReading {
  readonly name: string;
  readonly selected: boolean;
  readonly state: string;
  readonly headroom_percent: number | null;
  readonly windows: readonly { readonly limit: string; readonly minutes: number; readonly used_percent: number }[];
  /** `until` is an RFC 3339 instant. */
  readonly cooldown: { readonly until: string | null } | null;
  readonly in_flight: number | null;
}

/** What is true of the pool at one instant. */
export interface PoolReading {
  readonly nowMs: number;
  readonly isEnabled: boolean;
  readonly isReady: boolean;
  readonly attemptsInFlight: number;
  readonly profiles: readonly ProfileReading[];
}

export interface MetricsOptions {
  readonly version: string;
  readonly runtime: string;
  readonly startedAtMs: number;
  /** Every state a profile may be in. */
  readonly profileStates: readonly string[];
  /** Id of the limit that meters ordinary models. */
  readonly mainLimit: string;
  readonly isPublished: (model: string) => boolean;
  readonly readPool: () => PoolReading;
}

export interface Metrics {
  readonly hear: Emit;
  /** One scrape. */
  render(): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** Counts of all models that are not in the published list go here, so that no client can make up labels. */
const OTHER_MODEL = "other";

interface Book {
  readonly registry: Registry;
  readonly counters: Readonly<Record<CounterName, Counter>>;
  readonly gauges: Readonly<Record<GaugeName, Gauge>>;
  readonly histograms: Readonly<Record<HistogramName, Histogram>>;
}

export function openMetrics(options: MetricsOptions): Metrics {
  const book = openBook();
  // A count that begins to exist at 1 shows no rise: words that are known beforehand begin at 0.
  for (const end of TURN_ENDS) book.counters.codexuse_turns_total.inc({ end }, 0);
  const { version, runtime, startedAtMs } = options;
  book.gauges.codexuse_build_info.set({ version, runtime }, 1);
  book.gauges.process_start_time_seconds.set(startedAtMs / 1_000);
  const turns = new LateTurns(book, options);
  return {
    hear: (event) => {
      if (event.kind === "turn-settled") turns.add(event);
      else count(book, event);
    },
    render: async () => {
      turns.countAll();
      readProcess(book);
      readPool(book, options);
      return { text: await book.registry.metrics(), contentType: book.registry.contentType };
    },
  };
}

function openBook(): Book {
  const registry = new Registry();
  const base = (name: string, { help, labels }: MetricShape) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    registry,
    counters: mapValues(COUNTERS, (name, shape) => new Counter(base(name, shape))),
    gauges: mapValues(GAUGES, (name, shape) => new Gauge(base(name, shape))),
    histograms: mapValues(
      HISTOGRAMS,
      (name, shape) => new Histogram({ ...base(name, shape), buckets: [...shape.buckets] }),
    ),
  };
}

function mapValues<Name extends string, From, To>(
  from: Readonly<Record<Name, From>>,
  make: (name: Name, value: From) => To,
): Record<Name, To> {
  const entries = Object.entries(from) as [Name, From][];
  return Object.fromEntries(entries.map(([name, value]) => [name, make(name, value)])) as Record<Name, To>;
}

type SettledTurn = Extract<TelemetryEvent, { kind: "turn-settled" }>;

/** At most so many are kept for the next scrape: a few hundred kilobytes. */
const LATE_TURNS_MAX = 256;

/** Turns are counted many at a time, which costs each of them a fraction of what counting it by itself does. */
class LateTurns {
  readonly #book: Book;
  readonly #options: MetricsOptions;
  #waiting: SettledTurn[] = [];

  constructor(book: Book, options: MetricsOptions) {
    this.#book = book;
    this.#options = options;
  }

  add(turn: SettledTurn): void {
    this.#waiting.push(turn);
    if (this.#waiting.length >= LATE_TURNS_MAX) this.countAll();
  }

  countAll(): void {
    const turns = this.#waiting;
    this.#waiting = [];
    const tally = new Tally(this.#book.counters);
    try {
      for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
        countTurn(tally, this.#book, this.#options, turn);
      }
    } finally {
      // A turn that cannot be counted costs none of the others.
      this.#waiting = [...turns, ...this.#waiting];
      tally.enter();
    }
  }
}

/** Sums by the values of a counter's labels, the first ones first; an empty text stands for a label that it has not. */
type Sums = Map<string, Map<string, number>>;

/** What is to be added to counters. Most turns add to the same few, each of which is then looked up once. */
class Tally {
  readonly #counters: Book["counters"];
  readonly #sums = new Map<CounterName, Sums>();

  constructor(counters: Book["counters"]) {
    this.#counters = counters;
  }

  /** `first` and `second` are the values of the counter's labels, in their order. */
  add(name: CounterName, sum: number, first: string, second = ""): void {
    const sums: Sums = this.#sums.get(name) ?? new Map();
    const beside = sums.get(first) ?? new Map<string, number>();
    this.#sums.set(name, sums.set(first, beside.set(second, (beside.get(second) ?? 0) + sum)));
  }

  enter(): void {
    for (const [name, sums] of this.#sums) {
      for (const [first, beside] of sums) {
        for (const [second, sum] of beside) this.#counters[name].inc(labelsOf(name, first, second), sum);
      }
    }
  }
}

function labelsOf(name: CounterName, first: string, second: string): Record<string, string> {
  const [one, other] = COUNTERS[name].labels as readonly string[];
  return { ...(one === undefined ? {} : { [one]: first }), ...(other === undefined ? {} : { [other]: second }) };
}

function count(book: Book, event: Exclude<TelemetryEvent, SettledTurn>): void {
  const { counters } = book;
  switch (event.kind) {
    case "session-moved":
      counters.codexuse_sessions_moved_total.inc();
      return;
    case "account-paused":
      counters.codexuse_account_pauses_total.inc({ profile: event.profile, reason: event.reason });
      return;
    case "sign-in-refreshed":
      counters.codexuse_sign_in_refreshes_total.inc({ profile: event.profile, outcome: event.outcome });
      return;
    case "internal-error":
      counters.codexuse_internal_errors_total.inc();
      return;
    case "account-back":
    case "sign-in-needed":
    case "remote-control":
    case "runtime-started":
    case "runtime-stopping":
      // Seen as states at each scrape, or of no use as figures.
      return;
  }
}

function countTurn(
  tally: Tally,
  { histograms }: Book,
  options: MetricsOptions,
  { turn, firstOutputMs }: SettledTurn,
): void {
  const model = modelLabel(turn, options.isPublished);
  tally.add("codexuse_turns_total", 1, turn.end);
  tally.add("codexuse_model_turns_total", 1, model);
  for (const { profile, outcome } of turn.attempts) tally.add("codexuse_attempts_total", 1, profile, outcome);
  histograms.codexuse_turn_duration_seconds.observe((turn.endedAtMs - turn.startedAtMs) / 1_000);
  if (firstOutputMs !== null) histograms.codexuse_turn_first_output_seconds.observe(firstOutputMs / 1_000);
  const { profile, usage } = turn;
  if (profile === null || usage === null) return;
  const { inputTokens, cachedTokens, outputTokens } = usage;
  const uncached = Math.max(0, inputTokens - cachedTokens);
  tally.add("codexuse_tokens_total", uncached, profile, "uncached_input");
  tally.add("codexuse_tokens_total", cachedTokens, profile, "cached_input");
  tally.add("codexuse_tokens_total", outputTokens, profile, "output");
}

/** The name asked for, or the model behind it where that is the published one, as for a name with an effort. */
function modelLabel(turn: TurnRecord, isPublished: (model: string) => boolean): string {
  return [turn.model, turn.upstreamModel].find((name) => isPublished(name)) ?? OTHER_MODEL;
}

function readProcess({ gauges, counters }: Book): void {
  const { rss, heapUsed } = process.memoryUsage();
  gauges.process_resident_memory_bytes.set(rss);
  gauges.codexuse_heap_used_bytes.set(heapUsed);
  const { user, system } = process.cpuUsage();
  counters.process_cpu_seconds_total.reset();
  counters.process_cpu_seconds_total.inc((user + system) / 1_000_000);
}

/** Read anew as a whole: a profile that was removed or renamed leaves nothing behind. */
function readPool({ gauges }: Book, { readPool, profileStates, mainLimit }: MetricsOptions): void {
  const pool = readPool();
  gauges.codexuse_pool_enabled.set(Number(pool.isEnabled));
  gauges.codexuse_pool_ready.set(Number(pool.isReady));
  gauges.codexuse_attempts_in_flight.set(pool.attemptsInFlight);
  for (const name of Object.keys(gauges) as GaugeName[]) {
    if (name.startsWith("codexuse_profile_")) gauges[name].reset();
  }
  for (const one of pool.profiles) {
    const profile = one.name;
    gauges.codexuse_profile_selected.set({ profile }, Number(one.selected));
    gauges.codexuse_profile_attempts_in_flight.set({ profile }, one.in_flight ?? 0);
    for (const state of profileStates)
      gauges.codexuse_profile_state.set({ profile, state }, Number(one.state === state));
    if (one.headroom_percent !== null) {
      gauges.codexuse_profile_headroom_ratio.set({ profile }, one.headroom_percent / 100);
    }
    for (const { limit, minutes, used_percent } of one.windows) {
      if (limit === mainLimit) gauges.codexuse_profile_window_used_ratio.set({ profile, minutes }, used_percent / 100);
    }
    const leftSeconds = cooldownSeconds(one.cooldown, pool.nowMs);
    if (leftSeconds !== null) gauges.codexuse_profile_cooldown_seconds.set({ profile }, leftSeconds);
  }
}

function cooldownSeconds(cooldown: ProfileReading["cooldown"], nowMs: number): number | null {
  if (cooldown === null) return 0;
  return cooldown.until === null ? null : Math.max(0, (Date.parse(cooldown.until) - nowMs) / 1_000);
}
