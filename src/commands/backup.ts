/** `codexuse backup`. */
import { backUpHome } from "../operations/back-up-home.ts";
import { answer, defineLeaf } from "./command.ts";
import { passphraseArgument, readPassphrase } from "./passphrase-argument.ts";
import { plainText } from "./terminal-text.ts";

const KIB = 1024;

export const backup = defineLeaf({
  name: "backup",
  description: backUpHome.summary,
  examples: [
    "codexuse backup codexuse.backup",
    "codexuse backup codexuse.backup --force",
    "codexuse backup codexuse.backup --passphrase=file:passphrase.txt",
  ],
  args: {
    file: { type: "positional", required: true, description: "The file to make" },
    force: { type: "boolean", description: "Replace a file that is there" },
    passphrase: passphraseArgument("Put the master key in, sealed with this; it stays out when left out"),
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const passphrase = await readPassphrase(io, args.passphrase);
    const done = await backUpHome.run(desk, { to: args.file, force: args.force === true, passphrase });
    const key = done.with_key ? "with its master key" : "without a master key";
    const text = plainText(`Backup: ${done.path} (${Math.ceil(done.bytes / KIB)} KiB, ${key})`);
    return answer(done, text, [`Not in it: ${done.left_out.join(", ")}.`, done.hint]);
  },
});
