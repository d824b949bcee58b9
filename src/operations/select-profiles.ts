/** Puts profiles into the pool or takes them out: what `add` and `remove` have in common. */
import { Type } from "typebox";
import type { SettingsStore } from "../ports.ts";
import { findProfile } from "./find-profile.ts";
import { changeOf } from "./shapes.ts";

export const ProfileNames = Type.Object({ profiles: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }) });

/** Names of the profiles in the pool. */
export const SelectionChange = changeOf(Type.Object({ profiles: Type.Array(Type.String()) }));

function selectedNames(settings: SettingsStore): string[] {
  return settings
    .profiles()
    .filter((profile) => profile.selected)
    .map((profile) => profile.name)
    .sort((a, b) => a.localeCompare(b));
}

/** All or none: a name that is not known changes nothing. */
export function selectProfiles(settings: SettingsStore, names: readonly string[], selected: boolean) {
  const before = selectedNames(settings);
  const profiles = names.map((name) => findProfile(settings, name));
  const moved = profiles.filter((profile) => profile.selected !== selected);
  for (const profile of moved) settings.updateProfile(profile.id, { selected });
  return { changed: moved.length > 0, before: { profiles: before }, after: { profiles: selectedNames(settings) } };
}
