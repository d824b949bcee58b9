/**
 * The pool at a glance: who can serve, how much room everybody has, and what to do next. Pure; fits 80 columns. What
 * `profile list` tells besides (who is signed in, until when) is left to it.
 */
import type { Static } from "typebox";
import type { ProfileView } from "../../operations/profile-view.ts";
import type { showPoolStatus } from "../../operations/show-pool-status.ts";
import { stateStyle, stateText, usedText } from "../profile-table.ts";
import { inText } from "../spans.ts";
import { type Column, renderTable } from "../table.ts";
import { clip, type Paint, plainText, type Style, wrap } from "../terminal-text.ts";

export type PoolStatus = Static<typeof showPoolStatus.output>;

export interface Look {
  readonly columns: number;
  readonly paint: Paint;
  /** Only marks that every terminal has. */
  readonly plain: boolean;
  readonly nowMs: number;
}

const BAR_WIDTH = 10;
const NAME_WIDTH_MAX = 16;
const LOW_PERCENT = 10;
const FAIR_PERCENT = 30;

interface Marks {
  readonly free: string;
  readonly reserved: string;
  readonly used: string;
  readonly inPool: string;
  readonly outside: string;
}
const MARKS: Marks = { free: "█", reserved: "▒", used: "░", inPool: "●", outside: "○" };
const PLAIN_MARKS: Marks = { free: "#", reserved: "=", used: ".", inPool: "*", outside: "-" };

function marksOf(look: Look): Marks {
  return look.plain ? PLAIN_MARKS : MARKS;
}

/** What is left, with the part that is kept out of the pool set apart: `▒▒████░░░░  62%`. */
function roomText(view: ProfileView, marks: Marks): string {
  const { headroom_percent: headroom, reserve_percent: reserve } = view;
  if (headroom === null) return view.kind === "api-key" ? "no limits known" : "not known yet";
  const cells = (percent: number) => Math.round((percent * BAR_WIDTH) / 100);
  // The least there is shows as a cell, so that it cannot be taken for nothing.
  const left = headroom > 0 ? Math.max(1, cells(headroom)) : 0;
  const kept = Math.min(left, cells(reserve));
  const bar = marks.reserved.repeat(kept) + marks.free.repeat(left - kept) + marks.used.repeat(BAR_WIDTH - left);
  return `${bar} ${`${Math.round(headroom)}%`.padStart(4)}`;
}

function roomStyle(cell: string): Style | null {
  const percent = /(\d+)%$/.exec(cell)?.[1];
  if (percent === undefined) return "dim";
  if (Number(percent) <= LOW_PERCENT) return "red";
  return Number(percent) <= FAIR_PERCENT ? "yellow" : "green";
}

function columnsFor(marks: Marks): Column[] {
  return [
    { title: "", style: (cell) => (cell === marks.inPool ? "green" : "dim") },
    { title: "PROFILE", shrinks: true },
    { title: "STATE", style: stateStyle },
    { title: "HEADROOM", style: roomStyle },
    { title: "USED", shrinks: true },
    { title: "PLAN", shrinks: true },
  ];
}

function profileRows(status: PoolStatus, look: Look): string[][] {
  const marks = marksOf(look);
  return status.profiles.map((view) => [
    view.selected ? marks.inPool : marks.outside,
    view.duplicate_of === null ? view.name : `${view.name} (= ${view.duplicate_of})`,
    stateText(view, look.nowMs),
    roomText(view, marks),
    usedText(view, look.nowMs),
    view.plan ?? "-",
  ]);
}

const UNABLE: ReadonlySet<ProfileView["state"]> = new Set(["cooling", "needs-sign-in", "disabled"]);

/** Who could take a new session now, an account counted once, and who comes back first. */
function capacityText(status: PoolStatus, nowMs: number): string {
  const pool = status.profiles.filter((view) => view.selected);
  const accounts = new Set(pool.map((view) => view.account));
  const able = new Set(pool.filter((view) => !UNABLE.has(view.state)).map((view) => view.account));
  const back = pool
    .flatMap((view) =>
      view.state === "cooling" && view.cooldown?.until ? [[view.cooldown.until, view.name] as const] : [],
    )
    .sort(([one], [other]) => Date.parse(one) - Date.parse(other))[0];
  const now = `${able.size} of ${accounts.size} account${accounts.size === 1 ? "" : "s"} can serve now`;
  return back === undefined
    ? now
    : `${now}; ${clip(plainText(back[1]), NAME_WIDTH_MAX)} is back ${inText(back[0], nowMs)}`;
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function headLines(status: PoolStatus, { paint, nowMs }: Look): string[] {
  const pool = status.enabled ? paint("green", "on") : paint("yellow", "off");
  const serves = status.running
    ? `${paint("green", "running")} at ${status.base_url} (pid ${status.pid})`
    : `${paint("yellow", "not running")} (serves at ${status.base_url} once started)`;
  const lines = [
    `Pool      ${pool}, routing ${status.routing}, fast ${status.fast ? "on" : "off"}`,
    `Runtime   ${status.runtime}, ${serves}`,
    `Holds     ${countText(status.keys, "key")}, ${countText(status.sessions, "session")}, ${countText(status.models.length, "model")}`,
  ];
  return status.profiles.some((view) => view.selected) ? [...lines, `Room      ${capacityText(status, nowMs)}`] : lines;
}

function legend(status: PoolStatus, look: Look): string[] {
  const marks = marksOf(look);
  const parts = [
    status.profiles.some((view) => !view.selected) ? `${marks.inPool} in the pool, ${marks.outside} not` : null,
    status.profiles.some((view) => view.reserve_percent > 0) ? `${marks.reserved} kept out of the pool` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? [] : [look.paint("dim", parts.join("   "))];
}

/** The lines, without the next step. */
export function renderPoolStatus(status: PoolStatus, look: Look): string[] {
  const table = renderTable(columnsFor(marksOf(look)), profileRows(status, look), look.columns, look.paint);
  const below = table === "" ? [] : ["", ...table.split("\n"), ...legend(status, look)];
  return [...headLines(status, look), ...below];
}

/** The next step, where there is one, as the last lines of a live view. */
export function renderNextStep(status: PoolStatus, look: Look): string[] {
  return status.hint === null ? [] : ["", ...wrap(status.hint, look.columns)];
}
