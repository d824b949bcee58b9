/**
 * What do turns leave behind, and when is it written? A runtime's store that answers at once and writes sessions and turns
 * of many turns together, off their path. Everything else is written before it answers, after what waits.
 *
 * Reads see what waits. A killed process loses what it gathered within `waitMs`; `close` loses nothing.
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

/** Written at once when there are more: a row costs the same in smaller batches, and nothing else of the runtime moves for a millisecond and not for eight. */
const TURNS_MAX = 100;

export function gatherRuntimeWrites(store: RuntimeStore, options: GatherOptions): RuntimeStore {
  let sessions = new Map<string, Waiting>();
  /** Ids by what names them within their key. */
  let named = new Map<string, string>();
  let turns: TurnRecord[] = [];

  const gathering = gatherWrites(options, () => {
    const waiting = [...sessions.values()];
    const batch = {
      newSessions: waiting.filter(({ isNew }) => isNew).map(({ session }) => session),
      changedSessions: waiting.filter(({ isNew }) => !isNew).map(({ session }) => session),
      turns,
    };
    [sessions, named, turns] = [new Map(), new Map(), []];
    store.keepTogether(batch);
  });

  function putSession(session: SessionRecord, isNew: boolean): void {
    sessions.set(session.id, { session, isNew });
    named.set(nameOf(session.keyId, session.affinityHash), session.id);
    gathering.note();
  }

  return {
    ...aroundCalls(store, gathering.flush, () => undefined),
    keyByHash: (hash) => store.keyByHash(hash),
    touchKey: (id, atMs) => store.touchKey(id, atMs),
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
  };
}

function nameOf(keyId: string, affinityHash: string): string {
  return `${keyId} ${affinityHash}`;
}
