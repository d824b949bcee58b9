/** Are the databases sound, and can this program read them? Opens those that are there and makes none. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Desk } from "../operations/operation.ts";
import { RUNTIMES } from "../ports.ts";
import { StoreError } from "../store/store-error.ts";
import { type Finding, finding } from "./finding.ts";

interface Store {
  readonly file: string;
  damage(): readonly string[];
}

function storesOf(desk: Desk): Store[] {
  const runtimes = RUNTIMES.map((runtime) => ({
    file: `${runtime}.sqlite`,
    damage: () => desk.runtime(runtime).damage(),
  }));
  return [{ file: "settings.sqlite", damage: () => desk.settings().damage() }, ...runtimes];
}

function checkStore(store: Store): Finding[] {
  try {
    const [first] = store.damage();
    if (first === undefined) return [];
    const text = `${store.file} is damaged: ${first}`;
    return [finding("error", "store-damaged", text, "Stop every runtime and put a backup in its place.")];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [finding("error", `store-${error.kind}`, error.problem, error.hint)];
  }
}

export function checkStores(desk: Desk): Finding[] {
  const stores = storesOf(desk).filter(({ file }) => existsSync(join(desk.home, file)));
  return stores.flatMap(checkStore);
}
