/**
 * Where does everything live? Owns the path and the rights of the home folder; must not touch the files in it.
 */
import { accessSync, chmodSync, constants, mkdirSync, type Stats, statSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import type { Environment } from "../ports.ts";
import { StoreError, systemCodeOf } from "./store-error.ts";

const HOME_MODE = 0o700;
const OTHERS_MASK = 0o077;
const STICKY_BIT = 0o1000;
const ELSEWHERE = "Choose another folder with CODEXUSE_HOME.";

/**
 * `$CODEXUSE_HOME`, else the first folder of `$STATE_DIRECTORY`, else `~/.codexuse`; always absolute. Empty variables
 * count as unset, and a leading `~/` is expanded because service files and `.env` files do not.
 */
export function resolveHome(env: Environment, homedir: string): string {
  const chosen = env["CODEXUSE_HOME"] || firstFolderOf(env["STATE_DIRECTORY"]);
  if (!chosen) return join(homedir, ".codexuse");
  if (chosen === "~") return homedir;
  return chosen.startsWith("~/") ? join(homedir, chosen.slice(2)) : resolve(chosen);
}

/** The service manager separates several state folders by colons; the first one is ours. */
function firstFolderOf(stateDirectory: string | undefined): string | undefined {
  return stateDirectory?.split(":").find((folder) => folder !== "");
}

/**
 * Makes the home folder where it is missing and takes the rights of group and others from it (0700). A symbolic link
 * to a folder of one's own is fine. Throws a `StoreError` "bad-home" that says why the folder cannot be used.
 */
export function ensureHome(path: string): void {
  const stat = statOrMakeFolder(path);
  if (!stat.isDirectory()) throw badHome(`${path} is a file, not a folder.`, `Move it away. ${ELSEWHERE}`);
  refuseSharedPlace(path, stat);
  refuseForeignOwner(path, stat);
  try {
    if ((stat.mode & OTHERS_MASK) !== 0) chmodSync(path, HOME_MODE);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = `The folder ${path} is not writable (${systemCodeOf(error) ?? "unknown reason"}).`;
    throw badHome(problem, `Give yourself the right to write there. ${ELSEWHERE}`, error);
  }
}

function statOrMakeFolder(path: string): Stats {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined) return stat;
    mkdirSync(path, { recursive: true, mode: HOME_MODE });
    return statSync(path);
  } catch (error) {
    const problem = `The folder ${path} cannot be made or looked at (${systemCodeOf(error) ?? "unknown reason"}).`;
    throw badHome(problem, `Check its parent folder. ${ELSEWHERE}`, error);
  }
}

/** Taking other people's rights from `/` or `/tmp` would break the machine when we run as root. */
function refuseSharedPlace(path: string, stat: Stats): void {
  const isShared = (stat.mode & STICKY_BIT) !== 0 || resolve(path) === parse(resolve(path)).root;
  if (isShared) throw badHome(`${path} is shared by the whole machine.`, `Use a folder of its own. ${ELSEWHERE}`);
}

/** Typical after `sudo`: files of one user in another one's folder lock the latter out later. */
function refuseForeignOwner(path: string, stat: Stats): void {
  const userId = process.getuid?.();
  if (userId === undefined || stat.uid === userId) return;
  throw badHome(
    `The folder ${path} belongs to somebody else (user ${stat.uid}, you are ${userId}).`,
    `Run codexuse as that user, or make the folder yours. ${ELSEWHERE}`,
  );
}

function badHome(problem: string, hint: string, cause: unknown = null): StoreError {
  return new StoreError("bad-home", problem, hint, cause);
}
