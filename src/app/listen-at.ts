/** At which port does a runtime listen? The one that is wanted, the pinned one, or any free one. */
import { OperationError } from "../operations/operation.ts";
import { portOf } from "../operations/runtime-address.ts";
import type { Runtime, RuntimeStore } from "../ports.ts";
import { type Door, type Listening, listen, PortTaken } from "../server/listen.ts";

/** Null is the pinned or default port, 0 any free one. Rejects with an `OperationError`: `conflict` for a taken port. */
export async function listenAt(
  wanted: number | null,
  runtime: Runtime,
  store: RuntimeStore,
  door: Door,
): Promise<Listening> {
  try {
    return await (wanted === 0
      ? listenAnywhere(store, door)
      : listenPinned(wanted ?? portOf(runtime, store.port()), store, door));
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    throw new OperationError("conflict", `Port ${error.port} is taken.`, "Choose another with --port=N.");
  }
}

/** A port that was named is pinned. */
async function listenPinned(port: number, store: RuntimeStore, door: Door): Promise<Listening> {
  const listening = await listen(port, door);
  store.setPort(listening.port);
  store.setFreePort(null);
  return listening;
}

/** Any free port is for this time only: that of last time, so that clients find a runtime that was started again, else another. */
async function listenAnywhere(store: RuntimeStore, door: Door): Promise<Listening> {
  const listening = await listen(store.freePort() ?? 0, door).catch((error: unknown) => {
    if (!(error instanceof PortTaken)) throw error;
    return listen(0, door);
  });
  store.setFreePort(listening.port);
  return listening;
}
