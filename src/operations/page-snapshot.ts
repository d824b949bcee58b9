/**
 * What does the Settings page show? All of it in one piece, read through the operations that the command line has too.
 * Lists are bounded: a page is for looking, not for going through a month.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "../limits.ts";
import type { RuntimeStore } from "../ports.ts";
import type { TurnRecord } from "../router/rules/turn-record.ts";
import { StoreError } from "../store/store-error.ts";
import { consideredWords } from "./explain-words.ts";
import { listKeys } from "./list-keys.ts";
import { listModels } from "./list-models.ts";
import type { Desk, Presence } from "./operation.ts";
import { readHistory, refreshHistory } from "./page-history.ts";
import type { PageDaemon, PageHistory, PageKey, PageSignIn, PageSnapshot, PageTurn } from "./page-wire.ts";
import { baseUrlOf, portOf } from "./runtime-address.ts";
import { readSessions } from "./session-view.ts";
import { wireTime } from "./shapes.ts";
import { showPoolStatus } from "./show-pool-status.ts";

/**
 * Opening a store makes its file: a home that has never had a daemon stays without one. A file that cannot be used, such as
 * one of a newer version, is the daemon's trouble and not the page's.
 */
export function daemonStore(desk: Desk): RuntimeStore | null {
  if (!existsSync(join(desk.home, "daemon.sqlite"))) return null;
  try {
    return desk.runtime("daemon");
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

async function daemonPresence(desk: Desk): Promise<Presence> {
  try {
    return await desk.presence("daemon", null);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { running: false, pid: null, port: portOf("daemon", null), version: null, startedAtMs: null };
  }
}

function daemonView(desk: Desk, presence: Presence, keys: number): PageDaemon {
  const { running, pid, port, version, startedAtMs } = presence;
  const nowMs = desk.clock.now();
  return {
    runtime: "daemon",
    running,
    pid,
    port,
    base_url: baseUrlOf(port),
    version,
    uptime_s: startedAtMs === null ? null : Math.max(0, Math.floor((nowMs - startedAtMs) / 1_000)),
    keys,
    sessions: daemonStore(desk)?.sessionCount() ?? 0,
  };
}

/** In words, from the same record that `explain` reads. */
function whyOf(turn: TurnRecord): string | null {
  const chosen = turn.considered.find((entry) => entry.verdict === "chosen");
  return chosen === undefined ? null : consideredWords(chosen.verdict, chosen.reason);
}

function turnRow(turn: TurnRecord, keyNames: ReadonlyMap<string, string>): PageTurn {
  return {
    id: turn.id,
    session: turn.sessionId,
    key: keyNames.get(turn.keyId) ?? turn.keyId,
    model: turn.model,
    started_at: wireTime(turn.startedAtMs),
    ms: Math.max(0, Math.round(turn.endedAtMs - turn.startedAtMs)),
    ended: turn.end,
    status: turn.status,
    profile: turn.profile,
    attempts: turn.attempts.length,
    why: whyOf(turn),
    input_tokens: turn.usage?.inputTokens ?? null,
    output_tokens: turn.usage?.outputTokens ?? null,
  };
}

function recentTurns(desk: Desk): PageTurn[] {
  const store = desk.runtime("desktop");
  const keyNames = new Map(store.keys().map((key) => [key.id, key.name]));
  return store.turnsSince(0, LIMITS.pageTurnsMax).map((turn) => turnRow(turn, keyNames));
}

function recentSessions(desk: Desk) {
  const store = desk.runtime("desktop");
  return readSessions(desk.settings(), store, store.latestSessions(LIMITS.pageSessionsShownMax));
}

async function keysOf(desk: Desk, runtime: "desktop" | "daemon"): Promise<readonly PageKey[]> {
  return (await listKeys.run(desk, { runtime })).keys;
}

/** What costs too much to be read anew for every snapshot, and who else is told of. */
export interface SnapshotParts {
  readonly daemon: Presence;
  readonly history: PageHistory;
  readonly signIn: PageSignIn | null;
}

export async function readSnapshot(desk: Desk, parts: SnapshotParts): Promise<PageSnapshot> {
  const ofDaemon = daemonStore(desk) === null ? [] : await keysOf(desk, "daemon");
  return {
    at: wireTime(desk.clock.now()),
    pool: await showPoolStatus.run(desk, { runtime: "desktop", port: null }),
    daemon: daemonView(desk, parts.daemon, ofDaemon.length),
    sessions: recentSessions(desk),
    turns: recentTurns(desk),
    keys: [...(await keysOf(desk, "desktop")), ...ofDaemon],
    models: (await listModels.run(desk, {})).models,
    history: parts.history,
    sign_in: parts.signIn,
  };
}

/** Reads the slow parts now and then only. Asks the daemon itself how it is: its file cannot tell. */
export function openSnapshots(desk: Desk, signIn: () => PageSignIn | null): () => Promise<PageSnapshot> {
  const { clock } = desk;
  const daemon = remember(LIMITS.pageNewsMs, clock.now, () => daemonPresence(desk));
  const history = remember(LIMITS.pageHistoryEveryMs, clock.now, () =>
    readHistory(desk.settings(), desk.runtime("desktop"), clock.now()),
  );
  return async () =>
    readSnapshot(desk, {
      daemon: await daemon(),
      history: refreshHistory(history(), desk.runtime("desktop"), clock.now()),
      signIn: signIn(),
    });
}

/** The value while it is younger than `forMs`; a clock that was set back counts as old. */
function remember<Value>(forMs: number, now: () => number, read: () => Value): () => Value {
  let kept: { readonly value: Value; readonly atMs: number } | null = null;
  return () => {
    const nowMs = now();
    if (kept === null || nowMs < kept.atMs || nowMs - kept.atMs >= forMs) kept = { value: read(), atMs: nowMs };
    return kept.value;
  };
}
