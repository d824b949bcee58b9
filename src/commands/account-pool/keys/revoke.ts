/** `codexuse account-pool keys revoke`. */
import { revokeKey } from "../../../operations/revoke-key.ts";
import { answer, defineLeaf } from "../../command.ts";
import { confirmChange, YES_ARGUMENT } from "../../confirm-change.ts";
import { RUNTIME_ARGUMENT } from "../../runtime-argument.ts";
import { plainText } from "../../terminal-text.ts";

export const revoke = defineLeaf({
  name: "revoke",
  description: revokeKey.summary,
  examples: ["codexuse account-pool keys revoke key_4fT9aZ01bc --runtime=daemon --yes"],
  args: {
    id: { type: "positional", required: true, description: "Id of the key, as keys list shows it" },
    runtime: RUNTIME_ARGUMENT,
    yes: YES_ARGUMENT,
  },
  async run(args, io) {
    await confirmChange(io, `Revoke key ${plainText(args.id)} for good?`, args);
    const done = await revokeKey.run(await io.doors.openDesk(io.env), { runtime: args.runtime, id: args.id });
    const text = done.changed ? "works → revoked" : "revoked (unchanged)";
    return answer(done, `Key ${done.id} (${plainText(done.name)}): ${text}`, [done.changed ? done.untouched : null]);
  },
});
