/** `codexuse account-pool routing`. */
import { routePool } from "../../operations/route-pool.ts";
import { runOperation } from "../../operations/run-operation.ts";
import { ROUTINGS } from "../../ports.ts";
import { changeAnswer } from "../change-text.ts";
import { answer, defineLeaf } from "../command.ts";

export const routing = defineLeaf({
  name: "routing",
  description: routePool.summary,
  examples: ["codexuse account-pool routing", "codexuse account-pool routing round-robin"],
  args: {
    routing: {
      type: "positional",
      required: false,
      options: [...ROUTINGS],
      description: "least-used: most room first. round-robin: in turn. Left out, it is only shown",
    },
  },
  async run(args, io) {
    const wanted = args.routing ?? null;
    const change = await runOperation(routePool, await io.doors.openDesk(io.env), { routing: wanted });
    if (wanted === null) return answer(change, change.after.routing);
    return changeAnswer(change, "Routing", (side) => side.routing);
  },
});
