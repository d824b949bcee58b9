/** `codexuse profile proxy`. */
import { setProxy } from "../../operations/set-proxy.ts";
import { changeAnswer } from "../change-text.ts";
import { defineLeaf } from "../command.ts";
import { plainText } from "../terminal-text.ts";
import { readProxy } from "./proxy-argument.ts";

export const proxy = defineLeaf({
  name: "proxy",
  description: setProxy.summary,
  examples: ["codexuse profile proxy work http://proxy.example:8080", "codexuse profile proxy work none"],
  args: {
    name: { type: "positional", required: true, description: "Name of the profile" },
    proxy: { type: "positional", required: true, description: "http://host:port, - for stdin, file:PATH, or none" },
  },
  async run(args, io) {
    const wished = await readProxy(io, args.proxy, "");
    const change = await setProxy.run(await io.doors.openDesk(io.env), { name: args.name, proxy: wished });
    return changeAnswer(change, `Proxy of ${plainText(change.after.name)}`, (side) => side.proxy ?? "none");
  },
});
