/** `codexuse account-pool keys create`. The only place where a key is ever printed. */
import { createKey } from "../../../operations/create-key.ts";
import { answer, defineLeaf } from "../../command.ts";
import { RUNTIME_ARGUMENT } from "../../runtime-argument.ts";

export const create = defineLeaf({
  name: "create",
  description: "Create an API key of one runtime and show it once",
  examples: ["codexuse account-pool keys create --name=laptop --runtime=daemon"],
  args: {
    name: { type: "string", valueHint: "TEXT", description: "What the key is for" },
    runtime: { ...RUNTIME_ARGUMENT, description: "Runtime that will accept it" },
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const created = await createKey.run(desk, { runtime: args.runtime, name: args.name ?? null });
    const text = `Key       ${created.key}\nBase URL  ${created.base_url}`;
    return answer(created, text, [
      "Keep it now: it is shown this once and stored nowhere.",
      `It works with the ${created.runtime} runtime only. Other keys stay as they are.`,
    ]);
  },
});
