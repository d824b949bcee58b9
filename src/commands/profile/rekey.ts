/** `codexuse profile rekey`. */
import { rekeyStore } from "../../operations/rekey-store.ts";
import { answer, defineLeaf } from "../command.ts";

const PLACES = { file: "a file of the home folder", keyring: "the system's keyring" } as const;

export const rekey = defineLeaf({
  name: "rekey",
  description: rekeyStore.summary,
  examples: ["codexuse profile rekey", "codexuse profile rekey --key-in=keyring"],
  args: {
    "key-in": {
      type: "enum",
      options: ["file", "keyring"],
      description: "Where to keep the new key; where the old one lay when left out",
    },
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const done = await rekeyStore.run(desk, { key_in: args["key-in"] ?? null });
    const count = `${done.sign_ins} sign-in${done.sign_ins === 1 ? "" : "s"}`;
    const { before, after } = done;
    const where =
      before.key_in === after.key_in ? `, in ${PLACES[after.key_in]} as before` : `, now in ${PLACES[after.key_in]}`;
    return answer(done, `Master key: old → new (${count}${where})`, [done.untouched, done.hint]);
  },
});
