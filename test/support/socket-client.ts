/** A client of the Responses WebSocket, as small as one can be: sends messages, keeps every frame, waits for what it is told. */
import { onTestFinished } from "bun:test";
import { waitUntil } from "./wait-until.ts";

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

export interface SocketClient {
  readonly raw: WebSocket;
  readonly frames: readonly Frame[];
  /** Null while it is open. */
  closed(): { readonly code: number; readonly reason: string } | null;
  send(message: unknown): void;
  /** Sends one request and resolves with its frames, the terminal one included. */
  ask(message: unknown): Promise<readonly Frame[]>;
  /** Resolves with the frames that came behind the first `from` when one of them ends a response. */
  untilEnd(from?: number): Promise<readonly Frame[]>;
  untilClosed(): Promise<{ readonly code: number; readonly reason: string }>;
}

const BOUND_MS = 15_000;
const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.failed", "response.incomplete", "error"]);

/** `null` when the upgrade was refused. */
export async function openSocket(
  origin: string,
  headers: Readonly<Record<string, string>>,
  path = "/v1/responses",
): Promise<SocketClient | null> {
  const url = `${origin.replace(/^http/, "ws")}${path}`;
  const raw = new WebSocket(url, { headers: { ...headers } });
  const frames: Frame[] = [];
  let closed: { code: number; reason: string } | null = null;
  let isOpen = false;
  raw.addEventListener("open", () => {
    isOpen = true;
  });
  raw.addEventListener("message", (event) => void frames.push(JSON.parse(String(event.data))));
  raw.addEventListener("close", ({ code, reason }) => {
    closed = { code, reason };
  });
  raw.addEventListener("error", () => undefined);
  onTestFinished(() => raw.terminate());
  await waitUntil("the socket opens or is refused", () => isOpen || closed !== null, BOUND_MS);
  if (!isOpen) return null;
  const untilEnd = async (from = 0): Promise<readonly Frame[]> => {
    const last = () => frames.findIndex((frame, at) => at >= from && ENDS.has(frame.type));
    await waitUntil("a response ends", () => last() !== -1 || closed !== null, BOUND_MS);
    return frames.slice(from, last() === -1 ? frames.length : last() + 1);
  };
  const untilClosed = async () => {
    await waitUntil("the socket closes", () => closed !== null, BOUND_MS);
    return closed ?? { code: 0, reason: "" };
  };
  const send = (message: unknown) => raw.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    raw,
    frames,
    closed: () => closed,
    send,
    ask: (message) => {
      const from = frames.length;
      send(message);
      return untilEnd(from);
    },
    untilEnd,
    untilClosed,
  };
}

/** The text that a response said. */
export function saidOf(frames: readonly Frame[]): string {
  return frames
    .filter((frame) => frame.type === "response.output_text.delta")
    .map((frame) => String(frame["delta"]))
    .join("");
}

/** Id of the response whose frames these are. */
export function idOf(frames: readonly Frame[]): string {
  const response = frames.find((frame) => frame.type === "response.created")?.["response"];
  return String((response as { id?: unknown } | undefined)?.id);
}
