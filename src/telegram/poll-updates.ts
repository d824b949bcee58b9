/**
 * Asks Telegram again and again what was said, through lost networks and its own bad days. Ends only when it is told to,
 * or when the token is refused. Each thing said is handed on once.
 */
import type { Clock } from "../ports.ts";
import type { BotWire, Said, WireFault } from "./bot-wire.ts";

export interface PollOptions {
  readonly wire: BotWire;
  readonly clock: Clock;
  readonly commands: readonly { command: string; description: string }[];
  readonly signal: AbortSignal;
  onListening(username: string): void;
  /** Said once for an outage. */
  onTrouble(fault: WireFault): void;
  /** Never rejects. */
  onSaid(said: Said): Promise<void>;
}

const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 60_000;
const BUSY_WAIT_MS = 30_000;

function waitOf(fault: WireFault, failures: number): number {
  if (fault.kind === "wait") return fault.ms;
  if (fault.kind === "busy-elsewhere") return BUSY_WAIT_MS;
  return Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** Math.min(failures, 6));
}

/** Resolves after the time, or when everything ends. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const end = () => {
    cancel();
    resolve();
  };
  signal.addEventListener("abort", end, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", end));
}

interface Standing {
  username: string | null;
  offset: number;
  failures: number;
}

async function askOnce(options: PollOptions, standing: Standing): Promise<WireFault | null> {
  const { wire } = options;
  if (standing.username === null) {
    const met = await wire.introduce(options.commands);
    if (met.kind === "failed") return met.fault;
    standing.username = met.value.username;
    options.onListening(standing.username);
  }
  const heard = await wire.listen(standing.offset);
  if (heard.kind === "failed") return heard.fault;
  if (standing.failures > 0) options.onListening(standing.username);
  standing.failures = 0;
  standing.offset = heard.value.nextOffset;
  for (const said of heard.value.said) await options.onSaid(said);
  return null;
}

export async function pollUpdates(options: PollOptions): Promise<void> {
  const { clock, signal } = options;
  const standing: Standing = { username: null, offset: 0, failures: 0 };
  while (!signal.aborted) {
    const fault = await askOnce(options, standing);
    if (fault === null || signal.aborted) continue;
    if (standing.failures === 0 || fault.kind === "token-refused") options.onTrouble(fault);
    if (fault.kind === "token-refused") return;
    standing.failures += 1;
    await pause(clock, waitOf(fault, standing.failures - 1), signal);
  }
}
