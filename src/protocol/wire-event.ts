/** What kind of event is this? Names the type without parsing the whole text, and sorts types by what they mean. */
import type { SseFrame } from "./sse.ts";

/**
 * One event of a Responses stream, whichever transport brought it. Pieces of text that came side by side may be one, too:
 * of those the type counts and the bytes.
 */
export interface WireEvent {
  /** The event's `type`; empty for comments and for data that is no object. */
  readonly type: string;
  /** The JSON text; empty for comments. */
  readonly text: string;
  /** The bytes as they came. */
  readonly bytes: Uint8Array;
}

const LEADING_TYPE = /^\s*\{\s*"type"\s*:\s*"([A-Za-z0-9_.-]+)"/;

function typeOf(text: string, fallback: string): string {
  const leading = LEADING_TYPE.exec(text);
  if (leading?.[1] !== undefined) return leading[1];
  const parsed = parseObject(text);
  return typeof parsed?.["type"] === "string" ? parsed["type"] : parsed === null ? "" : fallback;
}

/** An event that came as a text of its own, as a socket brings it. */
export function eventOfText(text: string): WireEvent {
  return { type: typeOf(text, ""), text, bytes: new Uint8Array() };
}

/** The object a text holds; null for anything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An event as a stream brought it. Its text and bytes are made when somebody asks for them: most are only passed on. */
export class StreamedEvent implements WireEvent {
  readonly type: string;
  readonly frame: SseFrame;

  constructor(type: string, frame: SseFrame) {
    this.type = type;
    this.frame = frame;
  }

  get text(): string {
    return this.frame.data ?? "";
  }

  get bytes(): Uint8Array {
    return this.frame.bytes;
  }
}

const PLAIN_HEAD = /(?:event: ?[^\r\n]*\r?\n)?data: ?\{"type":"([A-Za-z0-9_.-]+)"/y;

/** How the types of pieces end, which come in great numbers. */
const PIECE = ".delta";

/** Names the events of one stream. Remembers how its last piece began: most events are pieces, and begin alike. */
export class EventNamer {
  #head = "";
  #type = "";

  /** How the pieces of text begin that come now; empty while none have. */
  get pieceHead(): string {
    return this.#head;
  }

  eventOf(frame: SseFrame): WireEvent {
    const { chunk, start, end } = frame;
    const { latin } = chunk;
    if (this.#head !== "" && start + this.#head.length <= end && latin.startsWith(this.#head, start)) {
      return new StreamedEvent(this.#type, frame);
    }
    PLAIN_HEAD.lastIndex = start;
    const found = PLAIN_HEAD.exec(latin);
    const head = found?.[0];
    const type = found?.[1];
    if (head === undefined || type === undefined || start + head.length > end) return slowEventOf(frame);
    if (type.endsWith(PIECE)) this.#remember(head, type);
    return new StreamedEvent(type, frame);
  }

  /** Copied: a part of a text keeps all of it, and the next event may be long in coming. */
  #remember(head: string, type: string): void {
    this.#head = Buffer.from(head, "latin1").toString("latin1");
    this.#type = Buffer.from(type, "latin1").toString("latin1");
  }
}

function slowEventOf(frame: SseFrame): WireEvent {
  return new StreamedEvent(frame.data === null ? "" : typeOf(frame.data, frame.event), frame);
}

export function wireEventOf(frame: SseFrame): WireEvent {
  return new EventNamer().eventOf(frame);
}

const [BRACE, BRACKET] = [0x7d, 0x5d];

/** A cheap look for texts that were cut; their insides are parsed only where somebody needs them. */
export function endsWhole(event: WireEvent): boolean {
  if (event instanceof StreamedEvent && hasWholeLine(event.frame)) return true;
  return event.text === "" || /[}\]]\s*$/.test(event.text.slice(-8));
}

/** Whether the frame ends as nearly all do: with a line of data that ends with a bracket. */
function hasWholeLine({ chunk, end }: SseFrame): boolean {
  const { latin } = chunk;
  const last = latin.charCodeAt(end - 3);
  if ((last !== BRACE && last !== BRACKET) || !latin.startsWith("\n\n", end - 2)) return false;
  return latin.startsWith("data:", latin.lastIndexOf("\n", end - 3) + 1);
}

export const TERMINAL_TYPES = ["response.completed", "response.incomplete", "response.failed", "error"] as const;
/** After one of these nothing follows. */
export function isTerminal(type: string): boolean {
  return (TERMINAL_TYPES as readonly string[]).includes(type);
}

/**
 * Whether an event is part of the answer itself. All of those stand at a place in the output, so that types yet to be
 * invented are told apart from mere news of limits, timing and the line, which may be held back. Lifecycle events repeat
 * the request, tools and all, where any word may stand.
 */
export function carriesOutput(event: WireEvent): boolean {
  if (isLifecycle(event.type)) return false;
  return event.type.startsWith("response.output_") || event.text.includes('"output_index"');
}

/** The types whose `response` object carries the model's name. */
export const LIFECYCLE_TYPES = [
  "response.created",
  "response.queued",
  "response.in_progress",
  "response.completed",
  "response.incomplete",
  "response.failed",
] as const;
export function isLifecycle(type: string): boolean {
  return (LIFECYCLE_TYPES as readonly string[]).includes(type);
}
