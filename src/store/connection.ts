/**
 * How does a change get into the file, and how does anybody notice it? Owns the transactions, the version and the
 * statements of one open database; must not know any table.
 */
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { LIMITS } from "../limits.ts";

export interface Connection {
  /** Compiles once; released by `close`. The rows' type is the caller's promise about its own SQL. */
  prepare<Row>(sql: string): Statement<Row, SQLQueryBindings[]>;
  /** Runs `work` in one transaction that takes the write lock first; survives a killed process. May be nested. */
  commit<Answer>(work: () => Answer): Answer;
  /** Runs what can be tried again: it waits no longer than `gatherBusyMs` for a file that somebody else holds. */
  briefly<Answer>(work: () => Answer): Answer;
  /** `commit`, briefly. */
  commitBriefly(work: () => void): void;
  /** `commit`, and on the disk before it answers: survives a power cut, too. Must be the outermost. */
  commitSynced<Answer>(work: () => Answer): Answer;
  /** Changes with every commit of this connection and of all others; a few microseconds. */
  version(): number;
  /** What SQLite finds wrong with the file, a line each; empty for a sound one. Reads all of it. */
  damage(): readonly string[];
  /** Releases statements, locks and descriptors. Calling it again does nothing. */
  close(): void;
}

/** One is enough to know that the file is not sound. */
const DAMAGES_MAX = 5;

/** `busyMs`: how long the connection waits for a file that somebody else holds, as it was opened. */
export function connect(database: Database, busyMs: number): Connection {
  const statements: Statement<unknown, SQLQueryBindings[]>[] = [];
  let ownCommits = 0;
  let isClosed = false;
  let isBrief = false;

  function prepare<Row>(sql: string): Statement<Row, SQLQueryBindings[]> {
    const statement = database.prepare<Row, SQLQueryBindings[]>(sql);
    statements.push(statement);
    return statement;
  }

  // Immediate, because a transaction that reads before it writes fails at once when another process wrote in between.
  const transact = database.transaction((work: () => unknown) => work());
  function commit<Answer>(work: () => Answer): Answer {
    const answer = transact.immediate(work) as Answer;
    ownCommits += 1;
    return answer;
  }

  function briefly<Answer>(work: () => Answer): Answer {
    if (isBrief) return work();
    database.run(`PRAGMA busy_timeout = ${LIMITS.gatherBusyMs}`);
    isBrief = true;
    try {
      return work();
    } finally {
      isBrief = false;
      database.run(`PRAGMA busy_timeout = ${busyMs}`);
    }
  }

  function commitBriefly(work: () => void): void {
    briefly(() => commit(work));
  }

  function commitSynced<Answer>(work: () => Answer): Answer {
    if (database.inTransaction) throw new Error("a synced commit cannot be part of another transaction");
    database.run("PRAGMA synchronous = FULL");
    try {
      return commit(work);
    } finally {
      database.run("PRAGMA synchronous = NORMAL");
    }
  }

  // Tells of the commits of others only, hence the own counter; both only grow, so the sum never repeats.
  const dataVersion = prepare<{ data_version: number }>("PRAGMA data_version");
  function version(): number {
    return (dataVersion.get()?.data_version ?? 0) + ownCommits;
  }

  const check = prepare<{ quick_check: string }>(`PRAGMA quick_check(${DAMAGES_MAX})`);
  function damage(): readonly string[] {
    const lines = check.all().map((row) => row.quick_check);
    return lines.length === 1 && lines[0] === "ok" ? [] : lines;
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    // With a statement left, SQLite keeps the descriptors and the locks of a "closed" database.
    for (const statement of statements) statement.finalize();
    database.close(true);
  }

  return { prepare, commit, briefly, commitBriefly, commitSynced, version, damage, close };
}
