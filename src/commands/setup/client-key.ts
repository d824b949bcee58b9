/** Which key will the client use? One that is in the environment already, else a new one, shown this once. */
import { createKey } from "../../operations/create-key.ts";
import type { Desk } from "../../operations/operation.ts";
import { hashPoolKey } from "../../operations/pool-key.ts";
import type { Runtime } from "../../ports.ts";
import type { CommandIo } from "../command-io.ts";

/** The variable that clients are told to read their key from. */
export const KEY_VARIABLE = "CODEXUSE_API_KEY";

export interface MadeKey {
  readonly id: string;
  readonly name: string;
  readonly runtime: Runtime;
  readonly key: string;
}

/** Whether the environment holds a key that this runtime accepts. */
export function hasUsableKey(io: CommandIo, desk: Desk, runtime: Runtime): boolean {
  const key = io.env[KEY_VARIABLE];
  if (!key) return false;
  const record = desk.runtime(runtime).keyByHash(hashPoolKey(key));
  return record !== null && record.revokedAtMs === null;
}

export async function makeKey(desk: Desk, runtime: Runtime, name: string): Promise<MadeKey> {
  const { id, key } = await createKey.run(desk, { runtime, name });
  return { id, name, runtime, key };
}

export function exportLine(name: string, value: string): string {
  return `export ${name}=${value}`;
}
