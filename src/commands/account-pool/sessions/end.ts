/** `codexuse account-pool sessions end`. */
import { endSession } from "../../../operations/end-session.ts";
import { answer, defineLeaf } from "../../command.ts";
import { YES_ARGUMENT } from "../../confirm-change.ts";
import { RUNTIME_ARGUMENT } from "../../runtime-argument.ts";

export const end = defineLeaf({
  name: "end",
  description: endSession.summary,
  examples: ["codexuse account-pool sessions end 01k4f7 --runtime=daemon"],
  args: {
    id: { type: "positional", required: true, description: "Id of the session, as sessions list shows it" },
    runtime: RUNTIME_ARGUMENT,
    yes: { ...YES_ARGUMENT, description: "Accepted for scripts; nothing is asked, for nothing is lost" },
  },
  async run(args, io) {
    const done = await endSession.run(await io.doors.openDesk(io.env), { runtime: args.runtime, id: args.id });
    return answer(done, `Session ${done.id}: bound → ended`, [done.untouched]);
  },
});
