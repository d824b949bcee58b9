/** Finds what an owner named, or says that it is not there and what was probably meant. */
import type { ProfileRecord, SettingsStore } from "../ports.ts";
import { nearMissOf } from "./near-miss.ts";
import { OperationError } from "./operation.ts";

/** Throws `not-found` with the nearest name as its hint. */
export function findProfile(settings: SettingsStore, name: string): ProfileRecord {
  const profile = settings.profileNamed(name);
  if (profile !== null) return profile;
  const names = settings.profiles().map((other) => other.name);
  throw new OperationError("not-found", `There is no profile "${name}".`, hintFor(name, names));
}

function hintFor(name: string, names: readonly string[]): string {
  if (names.length === 0) return "Save one first: codexuse profile import <auth.json>";
  const meant = nearMissOf(name, names);
  return meant === null ? "See the profiles: codexuse profile list" : `Did you mean "${meant}"?`;
}
