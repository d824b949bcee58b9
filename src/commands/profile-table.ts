/** Profiles as a table: who, in what state, and how much room. */
import type { ProfileView } from "../operations/profile-view.ts";
import type { CommandIo } from "./command-io.ts";
import { inText, windowText } from "./spans.ts";
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

function stateStyle(cell: string): Style | null {
  const state = Object.keys(STATE_STYLES).find((known) => known === cell.split(" ")[0]);
  return state === undefined ? null : STATE_STYLES[state as ProfileView["state"]];
}

const COLUMNS: readonly Column[] = [
  { title: "PROFILE", shrinks: true },
  { title: "POOL" },
  { title: "STATE", style: stateStyle },
  { title: "ROOM", align: "right" },
  { title: "WINDOWS USED", shrinks: true },
  { title: "PLAN", shrinks: true },
  { title: "SIGNED IN AS", shrinks: true },
];

function stateText(view: ProfileView, nowMs: number): string {
  if (view.state === "cooling" && view.cooldown !== null) {
    const { until } = view.cooldown;
    return until === null ? "cooling" : `cooling, back ${inText(until, nowMs)}`;
  }
  return view.in_flight !== null && view.in_flight > 0 ? `${view.state} (${view.in_flight})` : view.state;
}

function windowsText(view: ProfileView): string {
  const main = view.windows.filter((window) => window.limit === view.windows[0]?.limit);
  return main.map((window) => `${windowText(window.minutes)} ${Math.round(window.used_percent)}%`).join(", ") || "-";
}

function roomText(view: ProfileView): string {
  return view.headroom_percent === null ? "-" : `${Math.round(view.headroom_percent)}%`;
}

function whoText(view: ProfileView): string {
  const who = view.email ?? (view.kind === "api-key" ? "API key" : "-");
  return view.duplicate_of === null ? who : `${who} (same account as ${view.duplicate_of})`;
}

/** Empty without profiles. */
export function renderProfiles(views: readonly ProfileView[], io: CommandIo): string {
  const nowMs = io.clock.now();
  const rows = views.map((view) => [
    view.name,
    view.selected ? "yes" : "no",
    stateText(view, nowMs),
    roomText(view),
    windowsText(view),
    view.plan ?? "-",
    whoText(view),
  ]);
  return renderTable(COLUMNS, rows, io.stdout.columns, paintWith(io.stdout.colours));
}
