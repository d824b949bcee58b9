/** Profiles as a table: who, in what state, and how much room. */
import type { ProfileView } from "../operations/profile-view.ts";
import type { CommandIo } from "./command-io.ts";
import { agoText, inText, spanText, windowText } from "./spans.ts";
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
  if (cell.startsWith("back ")) return STATE_STYLES.cooling;
  const state = Object.keys(STATE_STYLES).find((known) => known === cell.split(" ")[0]);
  return state === undefined ? null : STATE_STYLES[state as ProfileView["state"]];
}

const COLUMNS: readonly Column[] = [
  { title: "PROFILE", shrinks: true },
  { title: "POOL" },
  { title: "STATE", style: stateStyle },
  { title: "ROOM", align: "right" },
  { title: "USED" },
  { title: "RESETS IN", drops: true },
  { title: "PLAN", shrinks: true },
  { title: "SIGNED IN AS", shrinks: true },
];

/** `back in 2 h`, `busy (3)`: the state with what makes it so. */
export function stateText(view: ProfileView, nowMs: number): string {
  if (view.state === "cooling" && view.cooldown?.until) return `back ${inText(view.cooldown.until, nowMs)}`;
  return view.in_flight !== null && view.in_flight > 0 ? `${view.state} (${view.in_flight})` : view.state;
}

function mainWindows(view: ProfileView): ProfileView["windows"] {
  return view.windows.filter((window) => window.limit === view.windows[0]?.limit);
}

/** `5 h 12%, 7 d 40%`, and how old that is when it is too old to rely on. */
export function usedText(view: ProfileView, nowMs: number): string {
  const parts = mainWindows(view).map((window) => `${windowText(window.minutes)} ${Math.round(window.used_percent)}%`);
  if (parts.length === 0) return "-";
  const { fresh, observed_at: at } = view.usage;
  return parts.join(", ") + (fresh || at === null ? "" : ` (${agoText(at, nowMs)})`);
}

/** In the order of the windows, each in its largest unit; what has nothing used has nothing to reset. */
function resetsText(view: ProfileView, nowMs: number): string {
  const parts = mainWindows(view).map(({ used_percent: used, resets_at: at }) =>
    used > 0 && at !== null ? spanText(Math.max(0, Date.parse(at) - nowMs), 1) : "-",
  );
  return parts.every((part) => part === "-") ? "-" : parts.join(", ");
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
    usedText(view, nowMs),
    resetsText(view, nowMs),
    view.plan ?? "-",
    whoText(view),
  ]);
  return renderTable(COLUMNS, rows, io.stdout.columns, paintWith(io.stdout.colours));
}
