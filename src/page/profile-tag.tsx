/** Who was it? A profile's name with its account's colour, the same wherever it stands. */
import type { PageProfile } from "../operations/page-wire.ts";
import { accountColours } from "./profile-words.ts";

/** Null is nobody; a profile that is no more keeps its name and has no colour. */
export function ProfileTag({
  name,
  profiles,
}: {
  readonly name: string | null;
  readonly profiles: readonly PageProfile[];
}) {
  if (name === null) return <span class="quiet">nobody</span>;
  const profile = profiles.find((entry) => entry.name === name);
  const colour = profile === undefined ? null : accountColours(profiles).get(profile.account);
  return (
    <span class="profile-tag">
      <span class={`swatch ${colour === null || colour === undefined ? "" : `series-${colour}`}`} aria-hidden="true" />
      {name}
    </span>
  );
}
