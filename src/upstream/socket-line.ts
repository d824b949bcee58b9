/**
 * One WebSocket to upstream: its frames in order, and how it ended. Owns the bounds of what waits to be read, and the proof
 * that the other end still lives. Knows nothing of what frames mean.
 */
import { LIMITS } from "../limits.ts";
import type { Clock } from "../ports.ts";

/** The part of a WebSocket that is used. */
export type RawSocket = Pick<
  WebSocket,
  "addEventListener" | "send" | "ping" | "terminate" | "pause" | "resume" | "readyState" | "close"
>;

export type OpenRaw = (url: string, headers: Readonly<Record<string, string>>) => RawSocket;

export type LineRead =
  | { readonly kind: "frame"; readonly text: string }
  /** 1006 when it was cut. */
  | { readonly kind: "closed"; readonly code: number };

const NORMAL = 1000;
const CUT = 1006;
const OPEN = 1;
/** Upstream's frames are text; whatever else comes is of no use. */
const NOT_TEXT = 1003;
const STATUS_IN_WORDS = /status code: (\d{3})/;

/** Frames that came together are told one by one: read together, they can go on together. */
function untilAllAreHeard(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export class SocketLine {
  readonly #raw: RawSocket;
  readonly #clock: Clock;
  readonly openedAtMs: number;
  #frames: string[] = [];
  #waiting = 0;
  #isPaused = false;
  #closed: number | null = null;
  #lastHeardMs: number;
  #heardCount = 0;
  #wake: (() => void) | null = null;
  #stopPings = (): void => undefined;
  /** Gets what comes while nobody reads; null while somebody does. */
  #onIdle: ((text: string) => void) | null = null;

  constructor(raw: RawSocket, clock: Clock) {
    this.#raw = raw;
    this.#clock = clock;
    this.openedAtMs = clock.now();
    this.#lastHeardMs = this.openedAtMs;
    raw.addEventListener("message", (event) => this.#hear(event.data));
    raw.addEventListener("pong", () => this.#heard());
    raw.addEventListener("ping", () => this.#heard());
    raw.addEventListener("close", (event) => this.#end(event.code));
  }

  get isOpen(): boolean {
    return this.#closed === null && this.#raw.readyState === OPEN;
  }

  send(text: string): void {
    this.#onIdle = null;
    this.#stopPings();
    this.#raw.send(text);
  }

  /** Everything that has come, or the next frame to come; then how it ended. */
  async read(): Promise<LineRead> {
    for (;;) {
      const text = this.#frames.shift();
      if (text !== undefined) {
        this.#waiting -= text.length;
        this.#easeOff();
        return { kind: "frame", text };
      }
      if (this.#closed !== null) return { kind: "closed", code: this.#closed };
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      await untilAllAreHeard();
    }
  }

  /** Whether another frame can be read at once. */
  get hasMore(): boolean {
    return this.#frames.length > 0;
  }

  /** Nothing is expected until the next `send`. Pings keep the way open; what comes goes to `onFrame`. */
  rest(onFrame: (text: string) => void): void {
    const late = this.#frames.splice(0);
    this.#waiting = 0;
    this.#easeOff();
    this.#onIdle = onFrame;
    this.#pingOn();
    for (const text of late) onFrame(text);
  }

  /** Whether the other end still answers. What it said a moment ago is answer enough. */
  async isAlive(): Promise<boolean> {
    if (!this.isOpen) return false;
    if (this.#clock.now() - this.#lastHeardMs < LIMITS.socketFreshMs) return true;
    const before = this.#heardCount;
    this.#raw.ping();
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#clock.after(LIMITS.socketPongMs, resolve);
    this.#wake = resolve;
    await promise.finally(stop);
    return this.isOpen && this.#heardCount > before;
  }

  /** Cuts it: what is under way on it is given up. */
  cut(): void {
    this.#end(CUT);
    this.#raw.terminate();
  }

  #heard(): void {
    this.#lastHeardMs = this.#clock.now();
    this.#heardCount += 1;
    this.#wakeUp();
  }

  /** Says goodbye; for a line on which nothing is under way. */
  leave(): void {
    if (this.#closed !== null) return;
    this.#end(NORMAL);
    this.#raw.close(NORMAL);
    this.#clock.after(LIMITS.socketPongMs, () => this.#raw.terminate());
  }

  #hear(data: unknown): void {
    if (this.#closed !== null) return;
    if (typeof data !== "string") {
      this.#end(NOT_TEXT);
      this.#raw.terminate();
      return;
    }
    this.#heard();
    if (this.#onIdle !== null) {
      this.#onIdle(data);
      return;
    }
    this.#frames.push(data);
    this.#waiting += data.length;
    if (this.#waiting > LIMITS.socketWaitingBytesMax && !this.#isPaused) {
      this.#isPaused = true;
      this.#raw.pause();
    }
    this.#wakeUp();
  }

  #easeOff(): void {
    if (!this.#isPaused || this.#waiting > LIMITS.socketWaitingBytesMax / 2) return;
    this.#isPaused = false;
    this.#raw.resume();
  }

  #end(code: number): void {
    this.#closed ??= code;
    this.#stopPings();
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #pingOn(): void {
    this.#stopPings();
    this.#stopPings = this.#clock.after(LIMITS.socketPingMs, () => {
      if (!this.isOpen) return;
      this.#raw.ping();
      this.#pingOn();
    });
  }
}

export type Opened =
  | { readonly kind: "open"; readonly line: SocketLine }
  /** `status` of upstream's answer; null when there was none. */
  | { readonly kind: "refused"; readonly status: number | null };

/** Opens a socket, or says why not within `socketOpenMs`. Rejects with the signal's reason. */
export async function openLine(
  openRaw: OpenRaw,
  clock: Clock,
  to: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Opened> {
  const raw = openRaw(to.url, to.headers);
  const line = new SocketLine(raw, clock);
  const { promise, resolve } = Promise.withResolvers<Opened>();
  const giveUp = () => resolve({ kind: "refused", status: null });
  raw.addEventListener("open", () => resolve({ kind: "open", line }));
  raw.addEventListener("error", (event) => {
    const status = STATUS_IN_WORDS.exec(event instanceof ErrorEvent ? event.message : "")?.[1];
    resolve({ kind: "refused", status: status === undefined ? null : Number(status) });
  });
  raw.addEventListener("close", giveUp);
  const stop = clock.after(LIMITS.socketOpenMs, giveUp);
  signal.addEventListener("abort", giveUp, { once: true });
  const opened = await promise;
  stop();
  signal.removeEventListener("abort", giveUp);
  if (opened.kind === "refused") line.cut();
  if (signal.aborted) {
    line.cut();
    throw signal.reason;
  }
  return opened;
}
