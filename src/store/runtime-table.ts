/** Where does this runtime listen? One row, made with the file. */
import type { RuntimeStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

type Doors = "port" | "setPort" | "freePort" | "setFreePort";

export function runtimeTable(connection: Connection): Pick<RuntimeStore, Doors> {
  const selectPorts = connection.prepare<{ port: number | null; free_port: number | null }>(
    "SELECT port, free_port FROM runtime WHERE id = 1",
  );
  const updatePort = connection.prepare("UPDATE runtime SET port = ? WHERE id = 1");
  const updateFreePort = connection.prepare("UPDATE runtime SET free_port = ? WHERE id = 1");
  return {
    port: () => selectPorts.get()?.port ?? null,
    setPort: (port) => {
      connection.commit(() => updatePort.run(port));
    },
    freePort: () => selectPorts.get()?.free_port ?? null,
    setFreePort: (port) => {
      connection.commit(() => updateFreePort.run(port));
    },
  };
}
