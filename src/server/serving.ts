/** What a runtime serves with: everything the routes need, built once in `app/`. */
import type { NameTable } from "../models/resolve.ts";
import type { Clock, Runtime, StoredResponses } from "../ports.ts";
import type { Served, Turn } from "../router/turn.ts";
import type { Emit } from "../telemetry/events.ts";
import type { KeyRing } from "./auth.ts";

/** The Settings page, as far as routes know it: each answers a request that comes from this machine. */
export interface PageDoor {
  getShell(request: Request): Promise<Response>;
  getAsset(name: string): Promise<Response>;
  getSession(request: Request): Promise<Response>;
  getEvents(request: Request): Response;
  postOperation(request: Request, name: string): Promise<Response>;
  /** Ends what runs for pages, so that nobody has to be waited for. */
  stop(): Promise<void>;
}

export interface Serving {
  readonly runtime: Runtime;
  readonly version: string;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly emit: Emit;
  readonly newId: (prefix: string) => string;
  /** Enabled, and at least one profile could serve now. */
  readonly isReady: () => boolean;
  readonly names: () => NameTable;
  readonly serve: (turn: Turn) => Promise<Served>;
  /** One scrape by Prometheus. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  /** What clients may go on from and read again. */
  readonly responses: StoredResponses;
  /** Null for a runtime without one. */
  readonly page: PageDoor | null;
}
