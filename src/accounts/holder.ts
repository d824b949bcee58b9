/**
 * Which process holds a lease, and does it still run?
 *
 * A holder's name says the machine and the process. A holder on another machine, or one whose name cannot be read, counts
 * as alive: its lease ends by time. Reuse of a process id by a stranger therefore costs one lease time, never safety.
 */
import { hostname } from "node:os";

/** Name of a holder in this process; `nonce` tells apart holders within it and processes that had the same id. */
export function nameHolder(nonce: string): string {
  return `${hostname()}/${process.pid}/${nonce}`;
}

/** False only when the holder was a process of this machine and is gone. */
export function isHolderAlive(holder: string): boolean {
  const [host, pidText] = holder.split("/");
  if (host !== hostname() || pidText === undefined || !/^[1-9]\d{0,9}$/.test(pidText)) return true;
  try {
    process.kill(Number(pidText), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
