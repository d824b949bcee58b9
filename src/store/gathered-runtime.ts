/**
 * What do turns leave behind, and when is it written? A runtime's store that answers at once and writes sessions, turns
 * and the last uses of keys together, off the path of turns. Everything else is written before it answers, after what waits.
 *
 * Reads see what waits. A killed process loses what it gathered within `waitMs`, or for as long as the file could not be
 * written; `close` loses nothing that can be written then.
 */
import type { RuntimeStore, SessionRecord } from "../ports.ts";
import type { TurnRecord } from "../router/rules/turn-record.ts";
import { aroundCalls } from "./around-calls.ts";
import { type GatherOptions, gatherWrites } from "./gather-writes.ts";

interface Waiting {
  readonly session: SessionRecord;
  /** Not in the file yet, at least not from us. */
  readonly isNew: boolean;
}

/**
 * Written at once when there are more: a row costs the same in smaller batches, and nothing else of the runtime moves for a
 * millisecond and not for eight.
 */
const TURNS_MAX = 100;
/** Kept for a file that cannot be written: some megabytes, which is many minutes of a busy pool. */
const KEPT_MAX = 10_000;

export function gatherRuntimeWrites(store: RuntimeStore, options: GatherOptions): RuntimeStore {
  let sessions = new Map<string, Waiting>();
  /** Ids by what names them within their key. */
  let named = new Map<string, string>();
  let turns: TurnRecord[] = [];
  let usedKeys = new Map<string, number>();

  function drop(): void {
    [sessions, named, turns, usedKeys] = [new Map(), new Map(), [], new Map()];
  }

  function write(): void {
    const waiting = [...sessions.values()];
    store.keepTogether({
      usedKeys: [...usedKeys].map(([id, atMs]) => ({ id, atMs })),
      newSessions: waiting.filter(({ isNew }) => isNew).map(({ session }) => session),
      changedSessions: waiting.filter(({ isNew }) => !isNew).map(({ session }) => session),
      turns,
    });
    drop();
  }

  const keys = rememberBriefly((hash: string) => store.keyByHash(hash));
  const isTooMuch = () => sessions.size + turns.length > KEPT_MAX;
  const gathering = gatherWrites(options, { write, drop, isTooMuch });

  function putSession(session: SessionRecord, isNew: boolean): void {
    sessions.set(session.id, { session, isNew });
    named.set(nameOf(session.keyId, session.affinityHash), session.id);
    gathering.note();
  }

  return {
    ...aroundCalls(store, gathering.flush, keys.forget),
    keyByHash: (hash) => keys.read(hash),
    touchKey: (id, atMs) => {
      usedKeys.set(id, atMs);
      gathering.note();
    },
    session: (id) => sessions.get(id)?.session ?? store.session(id),
    sessionByAffinity: (keyId, affinityHash) => {
      const id = named.get(nameOf(keyId, affinityHash));
      return (id === undefined ? undefined : sessions.get(id)?.session) ?? store.sessionByAffinity(keyId, affinityHash);
    },
    saveSession: (session) => putSession(session, true),
    updateSession: (session) => putSession(session, sessions.get(session.id)?.isNew ?? false),
    recordTurn: (turn) => {
      turns.push(turn);
      gathering.note();
      if (turns.length >= TURNS_MAX) gathering.flush();
    },
    close: () => {
      gathering.finish();
      store.close();
    },
  };
}

/** Reads once for all that is asked in one turn of the event loop, or until it is told to forget. */
function rememberBriefly<Value>(read: (name: string) => Value): { read(name: string): Value; forget(): void } {
  const known = new Map<string, { readonly value: Value }>();
  const forget = () => known.clear();
  return {
    forget,
    read: (name) => {
      const before = known.get(name);
      if (before !== undefined) return before.value;
      const value = read(name);
      if (known.size === 0) setImmediate(forget);
      known.set(name, { value });
      return value;
    },
  };
}

function nameOf(keyId: string, affinityHash: string): string {
  return `${keyId} ${affinityHash}`;
}
