/**
 * Which figures does `GET /metrics` show? Every metric with its labels and its meaning; how they are kept is in
 * `metrics.ts`, and the table of docs/metrics.md is made from here. A label's values must be few: the owner's own names,
 * or words of a closed set.
 */

export interface MetricShape {
  readonly help: string;
  readonly labels: readonly string[];
}

export const COUNTERS = {
  codexuse_turns_total: { labels: ["end"], help: "Turns that have ended, by how they ended" },
  codexuse_model_turns_total: {
    labels: ["model"],
    help: "Turns that have ended, by the published model name that was asked for; other for names that are not listed",
  },
  codexuse_attempts_total: {
    labels: ["profile", "outcome"],
    help: "Upstream tries within turns, by profile and by what came of them",
  },
  codexuse_tokens_total: {
    labels: ["profile", "kind"],
    help: "Tokens of finished answers: input that was not cached, cached input, output",
  },
  codexuse_sessions_moved_total: { labels: [], help: "Sessions that went over to another profile for good" },
  codexuse_account_pauses_total: {
    labels: ["profile", "reason"],
    help: "Pauses set on the account of a profile, or on one model of it, by reason",
  },
  codexuse_sign_in_refreshes_total: {
    labels: ["profile", "outcome"],
    help: "Refreshes of sign-ins that this runtime made or waited for, by what came of them",
  },
  codexuse_internal_errors_total: { labels: [], help: "Bugs of our own; the log has each" },
  process_cpu_seconds_total: { labels: [], help: "Processor time of the runtime, in seconds" },
} as const satisfies Record<string, MetricShape>;

export const GAUGES = {
  codexuse_build_info: { labels: ["version", "runtime"], help: "Always 1; the labels say what runs" },
  codexuse_pool_enabled: { labels: [], help: "1 while the pool is on" },
  codexuse_pool_ready: { labels: [], help: "1 while the pool is on and some account could serve now" },
  codexuse_attempts_in_flight: { labels: [], help: "Upstream tries that run now" },
  codexuse_profile_attempts_in_flight: {
    labels: ["profile"],
    help: "Upstream tries that run now on the account of the profile",
  },
  codexuse_profile_selected: { labels: ["profile"], help: "1 for profiles of the pool" },
  codexuse_profile_state: { labels: ["profile", "state"], help: "1 for the state the profile is in, 0 for all others" },
  codexuse_profile_headroom_ratio: {
    labels: ["profile"],
    help: "What is left of the account's tightest window, 0 to 1; missing while it is not known",
  },
  codexuse_profile_window_used_ratio: {
    labels: ["profile", "minutes"],
    help: "What is used of each ordinary window of the account, 0 to 1, by the window's length",
  },
  codexuse_profile_cooldown_seconds: {
    labels: ["profile"],
    help: "Time until the account's pause ends; 0 when there is none, missing when its end is not known",
  },
  process_resident_memory_bytes: { labels: [], help: "Memory of the runtime as the system counts it" },
  process_start_time_seconds: { labels: [], help: "When the runtime began to serve, in seconds since 1970" },
  codexuse_heap_used_bytes: { labels: [], help: "Memory in use within the JavaScript heap" },
} as const satisfies Record<string, MetricShape>;

export const HISTOGRAMS = {
  codexuse_turn_first_output_seconds: {
    labels: [],
    help: "From a turn's arrival to the first output of its stream; streams that were served only",
    buckets: [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120],
  },
  codexuse_turn_duration_seconds: {
    labels: [],
    help: "From a turn's arrival to its end, however it ended",
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 7200],
  },
} as const satisfies Record<string, MetricShape & { readonly buckets: readonly number[] }>;

export type CounterName = keyof typeof COUNTERS;
export type GaugeName = keyof typeof GAUGES;
export type HistogramName = keyof typeof HISTOGRAMS;
