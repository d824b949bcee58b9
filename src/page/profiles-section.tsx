/** Which sign-ins are there, how do they stand, and who is in the pool? */
import { useState } from "preact/hooks";
import type { PageProfile, PageSignIn, PageSnapshot } from "../operations/page-wire.ts";
import { AddProfileDialog } from "./add-profile-dialog.tsx";
import { Icon } from "./icon.tsx";
import { RemoveProfileDialog, RenameProfileDialog } from "./profile-dialogs.tsx";
import { ProfileRow } from "./profile-row.tsx";
import { accountColours } from "./profile-words.ts";
import { Empty, Section } from "./section.tsx";

/** The dialog that is open; profiles go by name. */
type Open =
  | { readonly kind: "add" }
  | { readonly kind: "sign-in-again"; readonly name: string }
  | { readonly kind: "resume" }
  | { readonly kind: "rename"; readonly name: string }
  | { readonly kind: "remove"; readonly name: string };

interface OpenDialogProps {
  readonly open: Open | null;
  readonly profiles: readonly PageProfile[];
  readonly signIn: PageSignIn | null;
  readonly onClose: () => void;
}

function OpenDialog({ open, profiles, signIn, onClose }: OpenDialogProps) {
  if (open === null) return null;
  const common = { profiles, signIn, onClose };
  switch (open.kind) {
    case "add":
      return <AddProfileDialog {...common} begin={{ kind: "new" }} />;
    case "sign-in-again":
      return <AddProfileDialog {...common} begin={{ kind: "again", name: open.name }} />;
    case "resume":
      return <AddProfileDialog {...common} begin={{ kind: "resume" }} />;
    case "rename":
      return <RenameProfileDialog name={open.name} onClose={onClose} />;
    case "remove": {
      const profile = profiles.find((entry) => entry.name === open.name);
      return profile === undefined ? null : <RemoveProfileDialog profile={profile} onClose={onClose} />;
    }
  }
}

export function ProfilesSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { profiles } = snapshot.pool;
  const [open, setOpen] = useState<Open | null>(null);
  const colours = accountColours(profiles);
  const signIn = snapshot.sign_in;
  const isWaiting = signIn?.state === "waiting" && open === null;
  const add = (
    <button type="button" class="button primary" onClick={() => setOpen({ kind: "add" })}>
      <Icon name="plus" /> Add a profile
    </button>
  );
  return (
    <Section
      id="profiles"
      count={profiles.length}
      about="Saved sign-ins. Those that are switched on serve the pool."
      actions={profiles.length === 0 ? undefined : add}
    >
      {isWaiting ? (
        <div class="banner">
          <span>A sign-in is waiting for you.</span>
          <button type="button" class="button" onClick={() => setOpen({ kind: "resume" })}>
            Go on with it
          </button>
        </div>
      ) : null}
      <div class="card">
        {profiles.length === 0 ? (
          <Empty title="No sign-in is saved yet">
            Add one with your browser, with a code on another device, or with an API key. Only accounts that are yours.
            <span class="empty-action">{add}</span>
          </Empty>
        ) : (
          <ul class="profiles">
            {profiles.map((profile) => (
              <ProfileRow
                key={profile.name}
                profile={profile}
                colour={colours.get(profile.account) ?? 0}
                onSignIn={() => setOpen({ kind: "sign-in-again", name: profile.name })}
                onRename={() => setOpen({ kind: "rename", name: profile.name })}
                onRemove={() => setOpen({ kind: "remove", name: profile.name })}
              />
            ))}
          </ul>
        )}
      </div>
      <OpenDialog open={open} profiles={profiles} signIn={signIn} onClose={() => setOpen(null)} />
    </Section>
  );
}
