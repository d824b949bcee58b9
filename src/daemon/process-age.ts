/**
 * Is a process id still the process it was? Ids are used again, so a file that names one proves nothing by itself: a
 * process that began after the file was written is somebody else's. Reads the system; ends nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Clocks of the kernel and of the file system differ a little. */
const SLACK_MS = 2_000;
/** Unit of process times on Linux, the same on every machine. */
const TICKS_PER_SECOND = 100;

/** Whether any process has this id, whoever owns it. One that has ended and was not collected yet does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Inside of containers nobody may collect orphans, and they would look alive for ever. */
function isZombie(pid: number): boolean {
  const text = readLinuxStat(pid);
  return text?.slice(text.lastIndexOf(")") + 2).startsWith("Z") ?? false;
}

function readLinuxStat(pid: number): string | null {
  if (process.platform !== "linux") return null;
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
}

/** When a process began, from the texts of `/proc/<pid>/stat` and `/proc/stat`; null when they do not say. Pure. */
export function parseLinuxStart(processStat: string, systemStat: string): number | null {
  // The second field is the program's name in parentheses, and may hold anything, parentheses included.
  const fields = processStat.slice(processStat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19]);
  const bootSeconds = Number(/^btime (\d+)$/m.exec(systemStat)?.[1]);
  const startedAtMs = bootSeconds * 1_000 + (ticks * 1_000) / TICKS_PER_SECOND;
  return Number.isFinite(startedAtMs) ? startedAtMs : null;
}

/** Age in milliseconds from what `ps -o etime=` prints, `[[days-]hours:]minutes:seconds`; null otherwise. Pure. */
export function parseElapsed(text: string): number | null {
  const match = /^\s*(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)\s*$/.exec(text);
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}

function startedAtMs(pid: number, nowMs: number): number | null {
  if (process.platform === "win32") return null;
  if (process.platform === "linux") {
    const text = readLinuxStat(pid);
    return text === null ? null : parseLinuxStart(text, readFileSync("/proc/stat", "utf8"));
  }
  const { stdout } = spawnSync("ps", ["-o", "etime=", "-p", String(pid)], { encoding: "utf8" });
  const ageMs = parseElapsed(stdout ?? "");
  return ageMs === null ? null : nowMs - ageMs;
}

/** Whether the process of this id lives and began before `atMs`. Where the system does not say, living is enough. */
export function isSameProcess(pid: number, atMs: number, nowMs: number): boolean {
  if (!isAlive(pid)) return false;
  const beganAtMs = startedAtMs(pid, nowMs);
  return beganAtMs === null || beganAtMs <= atMs + SLACK_MS;
}
