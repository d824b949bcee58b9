/**
 * Restores in a process of its own that kills itself before the n-th file changes its place. Without a backup it only
 * finishes what another one has begun. Exit code 0 means that it got to the end.
 */
import { renameSync } from "node:fs";
import process from "node:process";
import { finishRestore, type Move, restoreHome } from "../../src/store/restore-home.ts";

const [, , home = "", killAt = "", from] = process.argv;
const state = { moves: 0 };

const move: Move = (source, target) => {
  state.moves += 1;
  if (state.moves === Number(killAt)) process.kill(process.pid, "SIGKILL");
  renameSync(source, target);
};

if (from === undefined) finishRestore(home, move);
else {
  restoreHome(home, { from, force: true, passphrase: "a long passphrase", nowMs: Date.now(), keys: [] }, move);
}
