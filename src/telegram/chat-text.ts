/** How does the pool look in a chat? Pure: views in, lines out. Names only: no e-mail address, no key, no token. */
import type { Static } from "typebox";
import { agoText, inText, windowText } from "../commands/spans.ts";
import type { ProfileView } from "../operations/profile-view.ts";
import type { SessionView } from "../operations/session-view.ts";
import type { showPoolStatus } from "../operations/show-pool-status.ts";
import type { TurnView } from "../operations/turn-view.ts";

export type PoolStatus = Static<typeof showPoolStatus.output>;

const BAR_WIDTH = 8;
const SESSIONS_MAX = 10;

function barText(percent: number): string {
  const left = percent > 0 ? Math.max(1, Math.round((percent * BAR_WIDTH) / 100)) : 0;
  return `${"█".repeat(left)}${"░".repeat(BAR_WIDTH - left)} ${Math.round(percent)}%`;
}

function stateText(view: ProfileView, nowMs: number): string {
  if (view.state === "needs-sign-in") return "needs to sign in";
  if (view.state === "disabled") return "closed by OpenAI";
  if (view.state === "cooling") return view.cooldown?.until ? `back ${inText(view.cooldown.until, nowMs)}` : "rests";
  if (view.headroom_percent === null) return view.kind === "api-key" ? "API key" : "room not known yet";
  return barText(view.headroom_percent);
}

function profileLine(view: ProfileView, nowMs: number): string {
  return `${view.selected ? "●" : "○"} ${view.name}: ${stateText(view, nowMs)}`;
}

export function statusLines(status: PoolStatus, nowMs: number): string[] {
  const pool = status.profiles.filter((view) => view.selected);
  return [
    `Pool ${status.enabled ? "on" : "OFF"}, ${status.routing}`,
    `${status.sessions} sessions, ${status.keys} keys`,
    "",
    ...pool.map((view) => profileLine(view, nowMs)),
    ...(pool.length === 0 ? ["Nobody is in the pool."] : []),
    ...(status.hint === null ? [] : ["", status.hint]),
  ];
}

export function profileLines(profiles: readonly ProfileView[], nowMs: number): string[] {
  if (profiles.length === 0) return ["No profile is saved yet."];
  const lines = profiles.flatMap((view) => {
    const windows = view.windows.filter((window) => window.limit === view.windows[0]?.limit);
    const used = windows.map((window) => {
      const resets = window.resets_at === null ? "" : `, resets ${inText(window.resets_at, nowMs)}`;
      return `    ${windowText(window.minutes)}: ${Math.round(window.used_percent)}% used${resets}`;
    });
    return [profileLine(view, nowMs), ...used];
  });
  return [...lines, "", "● in the pool, ○ not"];
}

export function sessionLines(sessions: readonly SessionView[], nowMs: number): string[] {
  if (sessions.length === 0) return ["No session is known."];
  const shown = sessions.slice(0, SESSIONS_MAX).map((session) => {
    const turns = `${session.turns} turn${session.turns === 1 ? "" : "s"}`;
    return `${session.model} on ${session.profile ?? "nobody"}, ${turns}, ${agoText(session.last_used_at, nowMs)}\n    ${session.id}`;
  });
  const more = sessions.length - SESSIONS_MAX;
  return more > 0 ? [...shown, `… and ${more} more`] : shown;
}

export function turnLines(turn: TurnView, nowMs: number): string[] {
  const attempts = turn.attempts.map(({ profile, words }, index) => `${index + 1}. ${profile}: ${words}`);
  const considered = turn.considered.map(({ profile, words }) => `${profile}: ${words}`);
  return [
    `${turn.id}, ${agoText(turn.started_at, nowMs)}`,
    `${turn.model}, served by ${turn.profile ?? "nobody"}`,
    "",
    ...(attempts.length === 0 ? ["Nobody was asked."] : attempts),
    ...(considered.length === 0 ? [] : ["", "Considered:", ...considered]),
  ];
}
