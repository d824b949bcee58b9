/** Why this account, and what happened? Answers for a turn, or for the last turn of a session, from the turn's record. */
import { Type } from "typebox";
import type { RuntimeStore } from "../ports.ts";
import type { TurnRecord } from "../router/rules/turn-record.ts";
import { defineOperation, OperationError } from "./operation.ts";
import { RuntimeName } from "./shapes.ts";
import { TurnView, turnView } from "./turn-view.ts";

/** Exact ids only: the beginning of one could mean several turns. */
function findTurn(store: RuntimeStore, id: string): TurnRecord | null {
  return store.turn(id) ?? store.latestTurnOf(id);
}

export const explainTurn = defineOperation({
  name: "account-pool.explain",
  summary: "Explain why a turn went to its account, and what happened",
  input: Type.Object({ runtime: RuntimeName, id: Type.String({ minLength: 1 }) }),
  output: Type.Object({ turn: TurnView }),
  changes: false,
  run(desk, { runtime, id }) {
    const store = desk.runtime(runtime);
    const turn = findTurn(store, id);
    if (turn !== null) return { turn: turnView(turn, store) };
    throw new OperationError(
      "not-found",
      `The ${runtime} runtime has no turn or session with this id.`,
      "Answers carry the id of their turn in the header x-codexuse-turn; sessions list shows those of sessions.",
    );
  },
});
