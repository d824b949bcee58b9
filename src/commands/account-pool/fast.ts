/** `codexuse account-pool fast`. */
import { publishFast } from "../../operations/publish-fast.ts";
import { changeAnswer } from "../change-text.ts";
import { answer, defineLeaf } from "../command.ts";

const SIDES = ["on", "off"] as const;

export const fast = defineLeaf({
  name: "fast",
  description: publishFast.summary,
  examples: ["codexuse account-pool fast", "codexuse account-pool fast on"],
  args: {
    fast: {
      type: "positional",
      required: false,
      options: [...SIDES],
      description: "Left out, it is only shown",
    },
  },
  async run(args, io) {
    const wanted = args.fast === undefined ? null : args.fast === "on";
    const change = await publishFast.run(await io.doors.openDesk(io.env), { fast: wanted });
    const say = (side: { fast: boolean }) => (side.fast ? "on" : "off");
    if (wanted === null) return answer(change, say(change.after));
    return changeAnswer(change, "Fast variants", say);
  },
});
