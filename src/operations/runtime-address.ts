/** Where does a runtime serve? Owns the default ports and the form of the URL that clients are given. */
import type { Runtime, RuntimeStore } from "../ports.ts";

export const DEFAULT_PORTS: Readonly<Record<Runtime, number>> = { daemon: 3773, desktop: 3774 };

/** The base clients put before `/responses`. */
export function baseUrlOf(port: number): string {
  return `http://127.0.0.1:${port}/v1`;
}

/** The pinned port, else the runtime's default. */
export function portOf(runtime: Runtime, pinned: number | null): number {
  return pinned ?? DEFAULT_PORTS[runtime];
}

export interface Places {
  readonly port: number;
  /** Where it may serve instead, for this time only. */
  readonly freePort: number | null;
}

/** Where to look for a runtime: where one was told to, else where it serves or would. `store` null where there is none. */
export function placesOf(
  runtime: Runtime,
  store: Pick<RuntimeStore, "port" | "freePort"> | null,
  told: number | null,
): Places {
  if (told !== null) return { port: told, freePort: null };
  return { port: portOf(runtime, store?.port() ?? null), freePort: store?.freePort() ?? null };
}
