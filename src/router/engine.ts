/** What the engine is made of: ports and the live state. `app/` builds the real one, a simulated world another. */
import type { NameTable } from "../models/resolve.ts";
import type { Clock, Rng, RuntimeStore, TokenSource, Upstream } from "../ports.ts";
import type { Emit } from "../telemetry/events.ts";
import type { LiveState } from "./live-state.ts";

export interface Engine {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly upstream: Upstream;
  readonly tokens: TokenSource;
  readonly live: LiveState;
  readonly runtime: RuntimeStore;
  readonly emit: Emit;
  /** What public model names mean now. */
  readonly names: () => NameTable;
  /** Such as `Linux; x86_64`: goes into the user agent. */
  readonly platform: string;
  /** Hex SHA-256. */
  readonly hash: (text: string) => string;
  /** Runs, soon, what no client waits for; what is urgent with the next turn of the event loop. */
  readonly afterwards: (task: () => void, isUrgent?: boolean) => void;
  /** A fresh id with the given prefix. */
  readonly newId: (prefix: string) => string;
}
