/**
 * What does one runtime remember for itself? `desktop.sqlite` or `daemon.sqlite`: keys, sessions, turns, responses, port.
 *
 * Must not know anything of accounts: what both runtimes need lies in the settings.
 */
import type { Runtime, RuntimeStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { keysTable } from "./keys-table.ts";
import { runtime0001 } from "./migrations/runtime-0001.ts";
import { runtime0002 } from "./migrations/runtime-0002.ts";
import { runtime0003 } from "./migrations/runtime-0003.ts";
import { runtime0004 } from "./migrations/runtime-0004.ts";
import { runtime0005 } from "./migrations/runtime-0005.ts";
import { openStore } from "./open-store.ts";
import { pageTokensTable } from "./page-tokens-table.ts";
import { remoteTable } from "./remote-table.ts";
import { responsesTable } from "./responses-table.ts";
import { runtimeTable } from "./runtime-table.ts";
import { sessionsTable } from "./sessions-table.ts";
import { turnsTable } from "./turns-table.ts";

const MIGRATIONS = [runtime0001, runtime0002, runtime0003, runtime0004, runtime0005];

/** Opens a runtime's store in `home` (`:memory:` for none on disk). Throws a `StoreError`, here and from every method. */
export function openRuntimeStore(home: string, runtime: Runtime): RuntimeStore {
  return openStore(home, `${runtime}.sqlite`, MIGRATIONS, composeRuntime);
}

function composeRuntime(connection: Connection): RuntimeStore {
  const { insertSession, changeSession, ...sessions } = sessionsTable(connection);
  const { insertTurn, ...turns } = turnsTable(connection);
  const { markUsed, ...keys } = keysTable(connection);
  return {
    version: connection.version,
    damage: connection.damage,
    briefly: connection.briefly,
    close: connection.close,
    ...keys,
    ...sessions,
    ...turns,
    ...responsesTable(connection),
    ...runtimeTable(connection),
    ...remoteTable(connection),
    ...pageTokensTable(connection),

    keepTogether: ({ usedKeys, newSessions, changedSessions, turns }) =>
      connection.commitBriefly(() => {
        for (const { id, atMs } of usedKeys) markUsed(id, atMs);
        for (const session of newSessions) insertSession(session);
        for (const session of changedSessions) changeSession(session);
        for (const turn of turns) insertTurn(turn);
      }),
  };
}
