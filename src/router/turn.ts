/** What the engine is given and what it gives back. A `Turn` is frozen: a new concern is a new field, never a bag. */
import type { Lane } from "../ports.ts";
import type { Told } from "../protocol/answer.ts";
import type { Form } from "../protocol/form.ts";
import type { HeaderFields } from "../protocol/header-fields.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { ResponsesRequest } from "../protocol/responses-request.ts";
import type { Route } from "./routes.ts";

/** One client request to be served. */
export interface Turn {
  readonly id: string;
  readonly keyId: string;
  readonly route: Route;
  /** With its whole input: nothing in it is to be looked up. */
  readonly request: ResponsesRequest;
  /** The body itself where it is no JSON; `request` then has what is known of it. */
  readonly form: Form | null;
  /** The response it goes on from, which names its session; null when it begins anew. */
  readonly previousResponseId: string | null;
  /** Whether the client may go on from the answer by its id. */
  readonly isContinuable: boolean;
  /** What the answer tells otherwise than upstream, besides the model's name. */
  readonly told: Told;
  /** The client's head; only allow-listed names are ever passed on. */
  readonly client: HeaderFields;
  /** The client's connection, where it carries one turn after another; null where each turn has its own. */
  readonly lane: Lane | null;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  readonly receivedAtMs: number;
}

/** One reading of a body; `done` comes with no value. */
export type BodyChunk = { readonly done: boolean; readonly value?: Uint8Array | undefined };

export interface BodyReader {
  /** Whether nothing comes after what was read. Where it is not told, reading on tells it. */
  readonly isOver?: boolean;
  /**
   * The first bytes, where they are there already; null, or left out, where they have to be waited for. The whole of a body
   * may come as text. To be asked once, before any reading.
   */
  ready?(): Uint8Array | string | null;
  read(): Promise<BodyChunk>;
  /** Ends the body; a reading that still waits ends, too. */
  cancel(reason?: unknown): Promise<void>;
}

/** A body that is pulled: any stream is one, and what is made here does without the cost of one. To be read by one reader. */
export interface PulledBody {
  getReader(): BodyReader;
}

/** Who served it, for the answer's own headers. */
export interface ServedBy {
  readonly sessionId: string;
  /** The profile's name; null when nobody served. */
  readonly profile: string | null;
}

export type Served =
  | {
      readonly kind: "stream";
      readonly by: ServedBy;
      readonly headers: Readonly<Record<string, string>>;
      /** Whole events only: between two chunks a keep-alive may be put. */
      readonly body: PulledBody;
      /** The last event as the client was told it, known before its last byte is out; null unless it ended well. */
      readonly finished: Promise<string | null>;
      /** Whether reasoning that only another account can read was left out of the input. */
      readonly sanitised: boolean;
    }
  /** A finished answer, or upstream's own words about a bad request, unchanged. */
  | {
      readonly kind: "answer";
      readonly by: ServedBy;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array | string;
      readonly sanitised: boolean;
    }
  | { readonly kind: "refused"; readonly by: ServedBy; readonly refusal: Refusal }
  /** Nobody is there to be answered. */
  | { readonly kind: "left"; readonly by: ServedBy };
