/**
 * What does whoever started us want to hear? Speaks systemd's notify protocol: that we serve, that we are alive, that we
 * stop. Says nothing where nobody asked for it. Owns the timer of the signs of life.
 */
import type { Environment } from "../ports.ts";

export interface ServiceManager {
  /** We serve; `status` is the line that `systemctl status` shows. Signs of life follow where they were asked for. */
  ready(status: string): Promise<void>;
  stopping(): Promise<void>;
}

/** Only these begin a path of a socket; other forms, such as those of virtual machines, are not for us. */
const SOCKET_FORMS = /^[/@]/;

/** Half of the time we are given, as systemd itself advises; null when nobody waits for signs of life of this process. */
export function signOfLifeMs(env: Environment, pid: number): number | null {
  const micros = /^\d{1,15}$/.test(env["WATCHDOG_USEC"] ?? "") ? Number(env["WATCHDOG_USEC"]) : 0;
  const isMeant = env["WATCHDOG_PID"] === undefined || env["WATCHDOG_PID"] === String(pid);
  return micros > 0 && isMeant ? Math.max(1, Math.floor(micros / 2_000)) : null;
}

/** A status is one line of the protocol. */
function readyText(status: string): string {
  return `READY=1\nSTATUS=${status.replaceAll("\n", " ")}\n`;
}

/**
 * The service manager behind `env`. A sign of life comes from a timer of the event loop, so it stops with a loop that
 * hangs; it goes on while running turns drain.
 */
export function openServiceManager(env: Environment, pid: number): ServiceManager {
  const path = env["NOTIFY_SOCKET"] ?? "";
  const isAsked = SOCKET_FORMS.test(path);
  const say = async (text: string): Promise<void> => {
    // Loaded when asked only: no other command needs the C library.
    if (isAsked) (await import("./notify-socket.ts")).sendDatagram(path, text);
  };
  const everyMs = isAsked ? signOfLifeMs(env, pid) : null;
  return {
    ready: async (status) => {
      await say(readyText(status));
      if (everyMs !== null) setInterval(() => void say("WATCHDOG=1\n"), everyMs).unref();
    },
    stopping: () => say("STOPPING=1\nSTATUS=Letting running turns finish\n"),
  };
}
