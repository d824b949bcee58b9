/** Profiles as a table: who, in what state, and how much room. */
import type { ProfileView } from "../operations/profile-view.ts";
import type { CommandIo } from "./command-io.ts";
import { agoText, inText, windowText } from "./spans.ts";
import { type Column, renderTable } from "./table.ts";
import { paintWith, type Style } from "./terminal-text.ts";

const STATE_STYLES: Readonly<Record<ProfileView["state"], Style | null>> = {
  ready: "green",
  busy: "green",
  low: "yellow",
  cooling: "yellow",
  "needs-sign-in": "red",
  disabled: "red",
  unknown: null,
};

/** By the first word of the cell. */
export function stateStyle(cell: string): Style | null {
  const state = Object.keys(STATE_STYLES).find((known) => known === cell.split(" ")[0]);
  return state === undefined ? null : STATE_STYLES[state as ProfileView["state"]];
}

const STALE = " (stale)";

function ageStyle(cell: string): Style | null {
  return cell.endsWith(STALE) ? "yellow" : null;
}

const COLUMNS: readonly Column[] = [
  { title: "PROFILE", shrinks: true },
  { title: "POOL" },
  { title: "STATE", style: stateStyle },
  { title: "ROOM", align: "right" },
  { title: "WINDOWS USED", shrinks: true },
  { title: "AS OF", style: ageStyle },
  { title: "PLAN", shrinks: true },
  { title: "SIGNED IN AS", shrinks: true },
];

/** `cooling, back in 2 h`, `busy (3)`: the state with what makes it so. */
export function stateText(view: ProfileView, nowMs: number): string {
  if (view.state === "cooling" && view.cooldown !== null) {
    const { until } = view.cooldown;
    return until === null ? "cooling" : `cooling, back ${inText(until, nowMs)}`;
  }
  return view.in_flight !== null && view.in_flight > 0 ? `${view.state} (${view.in_flight})` : view.state;
}

/** `5 h 12% (resets in 2 h), 7 d 40% (resets in 3 d)`; what has nothing used has nothing to reset. */
function windowsText(view: ProfileView, nowMs: number): string {
  const main = view.windows.filter((window) => window.limit === view.windows[0]?.limit);
  const parts = main.map((window) => {
    const used = `${windowText(window.minutes)} ${Math.round(window.used_percent)}%`;
    return window.used_percent > 0 && window.resets_at !== null
      ? `${used} (resets ${inText(window.resets_at, nowMs)})`
      : used;
  });
  return parts.join(", ") || "-";
}

function ageText({ usage }: ProfileView, nowMs: number): string {
  if (usage.observed_at === null) return "-";
  return `${agoText(usage.observed_at, nowMs)}${usage.fresh ? "" : STALE}`;
}

function roomText(view: ProfileView): string {
  return view.headroom_percent === null ? "-" : `${Math.round(view.headroom_percent)}%`;
}

/** Two profiles of one account share its headroom; two seats of one workspace only its limits. */
function whoText(view: ProfileView): string {
  const who = view.email ?? (view.kind === "api-key" ? "API key" : "-");
  const [seat] = view.other_seats;
  if (view.duplicate_of !== null) return `${who} (same account as ${view.duplicate_of})`;
  return seat === undefined ? who : `${who} (same workspace as ${seat}, another seat)`;
}

/** Empty without profiles. */
export function renderProfiles(views: readonly ProfileView[], io: CommandIo): string {
  const nowMs = io.clock.now();
  const rows = views.map((view) => [
    view.name,
    view.selected ? "yes" : "no",
    stateText(view, nowMs),
    roomText(view),
    windowsText(view, nowMs),
    ageText(view, nowMs),
    view.plan ?? "-",
    whoText(view),
  ]);
  return renderTable(COLUMNS, rows, io.stdout.columns, paintWith(io.stdout.colours));
}
