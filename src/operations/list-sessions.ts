/** The sessions of one runtime, last used first. */
import { Type } from "typebox";
import { defineOperation } from "./operation.ts";
import { readSessions, SessionView } from "./session-view.ts";
import { RuntimeInput } from "./shapes.ts";

export const listSessions = defineOperation({
  name: "account-pool.sessions.list",
  summary: "List the sessions of one runtime",
  input: RuntimeInput,
  output: Type.Object({ sessions: Type.Array(SessionView) }),
  changes: false,
  run(desk, input) {
    const store = desk.runtime(input.runtime);
    const sessions = store.sessions().toSorted((a, b) => b.lastUsedAtMs - a.lastUsedAtMs);
    return { sessions: readSessions(desk.settings(), store, sessions) };
  },
});
