/** Shows a notification by running the system's program for it, within a bound. Decides nothing. */
import { LIMITS } from "../limits.ts";
import type { Environment } from "../ports.ts";
import { callOf, type Notification, type Notifier } from "./notifier.ts";

/** Whether the program says that it was shown. Never rejects; a program that hangs is ended. */
export async function showNotification(
  notifier: Notifier,
  notification: Notification,
  env: Environment,
  boundMs: number = LIMITS.notifierMs,
): Promise<boolean> {
  const call = callOf(notifier, notification);
  try {
    const child = Bun.spawn([...call.words], {
      env: { ...env, ...call.env },
      stdio: ["ignore", "ignore", "ignore"],
      timeout: boundMs,
      killSignal: "SIGKILL",
    });
    return (await child.exited) === 0;
  } catch {
    // The program went away since it was found: an alert is a convenience.
    return false;
  }
}
