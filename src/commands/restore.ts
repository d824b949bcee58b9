/** `codexuse restore`. */
import { existsSync } from "node:fs";
import { claimPidFile, releasePidFile } from "../daemon/pid-file.ts";
import { OperationError } from "../operations/operation.ts";
import { restoreHome } from "../operations/restore-home.ts";
import { RUNTIMES, type Runtime } from "../ports.ts";
import { answer, defineLeaf } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { passphraseArgument, readPassphrase } from "./passphrase-argument.ts";
import { plainText } from "./terminal-text.ts";

/** Holds the places of all runtimes, so that none serves and none can begin to; the answer gives them back. */
function holdRuntimes(io: CommandIo, home: string): () => void {
  const held: Runtime[] = [];
  const release = (): void => {
    for (const runtime of held) releasePidFile(home, runtime, io.pid);
  };
  if (!existsSync(home)) return release;
  for (const runtime of RUNTIMES) {
    const holder = claimPidFile(home, runtime, io.pid, io.clock.now());
    if (holder === null) {
      held.push(runtime);
      continue;
    }
    release();
    const hint = runtime === "daemon" ? "Stop it first: codexuse daemon stop" : `Stop it first: kill ${holder.pid}`;
    throw new OperationError("conflict", `The ${runtime} runtime serves this home (pid ${holder.pid}).`, hint);
  }
  return release;
}

export const restore = defineLeaf({
  name: "restore",
  description: restoreHome.summary,
  examples: [
    "codexuse restore codexuse.backup",
    "codexuse restore codexuse.backup --force",
    "codexuse restore codexuse.backup --passphrase=file:passphrase.txt",
  ],
  args: {
    file: { type: "positional", required: true, description: "The backup" },
    force: { type: "boolean", description: "Replace a home that is in use; its files are kept aside" },
    passphrase: passphraseArgument("Take the master key out of the backup, with the passphrase it was sealed with"),
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const passphrase = await readPassphrase(io, args.passphrase);
    const release = holdRuntimes(io, desk.home);
    try {
      const done = await restoreHome.run(desk, { from: args.file, force: args.force === true, passphrase });
      const before = done.aside === null ? "empty" : `in use (now in ${done.aside})`;
      const signIns = `${done.sign_ins} sign-in${done.sign_ins === 1 ? "" : "s"}`;
      const text = plainText(`Home: ${before} → as it was at ${done.made_at} (${signIns})`);
      return answer(done, text, ["Logs and configurations of clients stay as they are.", done.hint]);
    } finally {
      release();
    }
  },
});
