/** Which process holds a port of this machine? Best effort: Linux tells about processes of the same user. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface PortHolder {
  readonly pid: number;
  /** The program's name as the system has it. */
  readonly program: string;
}

const LISTENING = "0A";

/** Socket inodes that listen at `port`, from the text of `/proc/net/tcp` or `tcp6`. Pure. */
export function parseListeners(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return local?.endsWith(`:${hexPort}`) && state === LISTENING && inode !== undefined ? [inode] : [];
  });
}

function readOr<Value>(read: () => Value, fallback: Value): Value {
  try {
    return read();
  } catch {
    return fallback;
  }
}

function holdsAny(pid: string, sockets: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return readOr(() => readdirSync(folder), []).some((name) =>
    sockets.has(readOr(() => readlinkSync(`${folder}/${name}`), "")),
  );
}

/** Null when the system does not tell. */
export function findPortHolder(port: number): PortHolder | null {
  if (process.platform !== "linux") return null;
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readOr(() => readFileSync(path, "utf8"), ""));
  const sockets = new Set(tables.flatMap((table) => parseListeners(table, port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return null;
  const pid = readOr(() => readdirSync("/proc"), []).find((name) => /^\d+$/.test(name) && holdsAny(name, sockets));
  if (pid === undefined) return null;
  return { pid: Number(pid), program: readOr(() => readFileSync(`/proc/${pid}/comm`, "utf8"), "").trim() };
}

/** `node (pid 4711)`, or words for a process nobody can name. */
export function describeHolder(holder: PortHolder | null): string {
  if (holder === null) return "another program";
  return `${holder.program === "" ? "a program" : holder.program} (pid ${holder.pid})`;
}
