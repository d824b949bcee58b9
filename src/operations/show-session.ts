/** One session: where it lives, why it moved, and how its last turn went. */
import { Type } from "typebox";
import { findSession } from "./find-session.ts";
import { defineOperation } from "./operation.ts";
import { readSessions, SessionView } from "./session-view.ts";
import { nullable, RuntimeName } from "./shapes.ts";
import { TurnView, turnView } from "./turn-view.ts";

export const showSession = defineOperation({
  name: "account-pool.sessions.show",
  summary: "Show one session and its last turn",
  input: Type.Object({ runtime: RuntimeName, id: Type.String({ minLength: 1 }) }),
  output: Type.Object({ session: SessionView, last_turn: nullable(TurnView) }),
  changes: false,
  run(desk, input) {
    const record = findSession(desk, input.runtime, input.id);
    const store = desk.runtime(input.runtime);
    const [session] = readSessions(desk.settings(), store, [record]);
    if (session === undefined) throw new Error("one session in, one view out");
    const turn = store.latestTurnOf(record.id);
    return { session, last_turn: turn === null ? null : turnView(turn, store) };
  },
});
