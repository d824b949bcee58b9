/**
 * What do turns leave behind, and when is it written? A runtime's store that answers at once and writes sessions, turns
 * and the last uses of keys together, off the path of turns. Everything else is written before it answers, after what waits.
 *
 * A response is in the file before `saveResponse` answers, unless the file is held or full: then it waits with the rest.
 * Reads see what waits. A killed process loses what it gathered within `waitMs`, or for as long as the file could not be
 * written; `close` loses nothing that can be written then.
 */
import type { KeyRecord, RuntimeStore, SessionRecord, StoredResponse, StoredResponses } from "../ports.ts";
import type { TurnRecord } from "../router/rules/turn-record.ts";
import { aroundCalls } from "./around-calls.ts";
import { type Gathering, type GatherOptions, gatherWrites, isPassing } from "./gather-writes.ts";
import { WaitingResponses } from "./waiting-responses.ts";

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
  /** Ids by their affinity, key by key: one text for both would be made, and thrown away, for every turn. */
  let named = new Map<string, Map<string, string>>();
  let turns: TurnRecord[] = [];
  let usedKeys = new Map<string, number>();
  const responses = new WaitingResponses();

  function dropBatch(): void {
    [sessions, named, turns, usedKeys] = [new Map(), new Map(), [], new Map()];
  }

  function drop(): void {
    dropBatch();
    responses.drop();
  }

  function write(): void {
    if (sessions.size + turns.length + usedKeys.size > 0) writeBatch();
    responses.writeAll((response, bytesMax) => store.briefly(() => store.saveResponse(response, bytesMax)));
  }

  function writeBatch(): void {
    const waiting = [...sessions.values()];
    store.keepTogether({
      usedKeys: [...usedKeys].map(([id, atMs]) => ({ id, atMs })),
      newSessions: waiting.filter(({ isNew }) => isNew).map(({ session }) => session),
      changedSessions: waiting.filter(({ isNew }) => !isNew).map(({ session }) => session),
      turns,
    });
    dropBatch();
  }

  const keys = rememberKeys(store);
  const isTooMuch = () => sessions.size + turns.length > KEPT_MAX;
  const gathering = gatherWrites(options, { write, drop, isTooMuch });

  function putSession(session: SessionRecord, isNew: boolean): void {
    sessions.set(session.id, { session, isNew });
    const ofKey = named.get(session.keyId) ?? new Map<string, string>();
    named.set(session.keyId, ofKey.set(session.affinityHash, session.id));
    gathering.note();
  }

  return {
    ...aroundCalls(store, gathering.flush, keys.forget),
    ...overResponses(store, responses, gathering),
    keyByHash: (hash) => keys.read(hash),
    touchKey: (id, atMs) => {
      usedKeys.set(id, atMs);
      gathering.note();
    },
    session: (id) => sessions.get(id)?.session ?? store.session(id),
    sessionByAffinity: (keyId, affinityHash) => {
      const id = named.get(keyId)?.get(affinityHash);
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

/** Wrong ones are asked for as well. */
const KNOWN_KEYS_MAX = 1_000;

/** Keys as they were read, until somebody writes: asked each time, for a key that was revoked is good for no more requests. */
function rememberKeys(store: RuntimeStore): { read(hash: string): KeyRecord | null; forget(): void } {
  const known = new Map<string, KeyRecord | null>();
  let version: number | null = null;
  return {
    forget: () => known.clear(),
    read: (hash) => {
      const current = store.version();
      if (current !== version || known.size > KNOWN_KEYS_MAX) known.clear();
      version = current;
      const before = known.get(hash);
      if (before !== undefined) return before;
      const key = store.keyByHash(hash);
      known.set(hash, key);
      return key;
    },
  };
}

/** The store's responses with those that wait over them. */
function overResponses(
  store: RuntimeStore,
  waiting: WaitingResponses,
  gathering: Gathering,
): Omit<StoredResponses, "pruneResponses"> {
  function keepWaiting(response: StoredResponse, bytesMax: number): boolean {
    const isKept = waiting.put(response, bytesMax);
    if (isKept) gathering.note();
    return isKept;
  }

  return {
    saveResponse: (response, bytesMax) => {
      gathering.flush();
      // While some wait, the file could not be had a moment ago.
      if (waiting.size > 0 && keepWaiting(response, bytesMax)) return;
      try {
        store.briefly(() => store.saveResponse(response, bytesMax));
      } catch (error) {
        if (!isPassing(error) || !keepWaiting(response, bytesMax)) throw error;
      }
    },
    responseText: (keyId, id, sinceMs) =>
      waiting.find(keyId, id, sinceMs)?.response ?? store.responseText(keyId, id, sinceMs),
    inputText: (keyId, id, sinceMs) => waiting.find(keyId, id, sinceMs)?.input ?? store.inputText(keyId, id, sinceMs),
    responseOfItem: (keyId, itemId, sinceMs) =>
      waiting.holderOf(keyId, itemId, sinceMs) ?? store.responseOfItem(keyId, itemId, sinceMs),
    removeResponse: (keyId, id) => {
      gathering.flush();
      const wasWritten = store.removeResponse(keyId, id);
      return waiting.remove(keyId, id) || wasWritten;
    },
  };
}
