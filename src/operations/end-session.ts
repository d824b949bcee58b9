/** Forgets a session, so that its conversation is placed anew with its next turn. */
import { Type } from "typebox";
import { findSession } from "./find-session.ts";
import { defineOperation } from "./operation.ts";
import { RuntimeName } from "./shapes.ts";

export const endSession = defineOperation({
  name: "account-pool.sessions.end",
  summary: "Forget where a session lives, so that its next turn is placed anew",
  input: Type.Object({ runtime: RuntimeName, id: Type.String({ minLength: 1 }) }),
  output: Type.Object({ changed: Type.Boolean(), id: Type.String(), runtime: RuntimeName, untouched: Type.String() }),
  changes: true,
  run(desk, input) {
    const session = findSession(desk, input.runtime, input.id);
    const changed = desk.runtime(input.runtime).removeSession(session.id);
    return {
      changed,
      id: session.id,
      runtime: input.runtime,
      untouched: "A turn that runs now is finished. The client keeps its conversation; its next turn is placed anew.",
    };
  },
});
