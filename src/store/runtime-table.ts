/** Where does this runtime listen? One row, made with the file. */
import type { RuntimeStore } from "../ports.ts";
import type { Connection } from "./connection.ts";

export function runtimeTable(connection: Connection): Pick<RuntimeStore, "port" | "setPort"> {
  const selectPort = connection.prepare<{ port: number | null }>("SELECT port FROM runtime WHERE id = 1");
  const updatePort = connection.prepare("UPDATE runtime SET port = ? WHERE id = 1");
  return {
    port: () => selectPort.get()?.port ?? null,
    setPort: (port) => {
      connection.commit(() => updatePort.run(port));
    },
  };
}
