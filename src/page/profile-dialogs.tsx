/** The questions that are asked about one profile: its new name, and whether it may go. */
import { useId, useState } from "preact/hooks";
import type { PageProfile } from "../operations/page-wire.ts";
import { Confirm, Dialog } from "./dialog.tsx";
import { useChange } from "./use-change.ts";

export function RenameProfileDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const id = useId();
  const [wanted, setWanted] = useState(name);
  const { isRunning, run } = useChange();
  const rename = async () => {
    const newName = wanted.trim();
    if (newName === name) return onClose();
    const result = await run("profile.rename", { name, new_name: newName }, `${name} → ${newName}.`);
    if (result !== null) onClose();
  };
  return (
    <Dialog title={`Rename ${name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void rename();
        }}
      >
        <div class="dialog-body">
          <div class="field">
            <label for={id}>New name</label>
            <input
              id={id}
              class="input"
              required
              maxLength={64}
              autocomplete="off"
              value={wanted}
              onInput={(event) => setWanted(event.currentTarget.value)}
            />
          </div>
          <p class="quiet">Letters, digits and . _ - @ +, a letter or digit first.</p>
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={isRunning}>
            Rename
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

export function RemoveProfileDialog({
  profile,
  onClose,
}: {
  readonly profile: PageProfile;
  readonly onClose: () => void;
}) {
  const { name, ownership, kind } = profile;
  const [revoke, setRevoke] = useState(false);
  const { isRunning, run } = useChange();
  const remove = async () => {
    const result = await run("profile.remove", revoke ? { name, revoke } : { name }, `${name} was removed.`);
    if (result !== null) onClose();
  };
  return (
    <Confirm
      title={`Remove ${name}?`}
      action="Remove"
      isRunning={isRunning}
      onConfirm={() => void remove()}
      onClose={onClose}
    >
      <p>
        {ownership === "linked"
          ? "The link is forgotten. The file it points to stays as it is."
          : "Its saved credentials are deleted from this machine. To use the account again, sign in again."}
      </p>
      <p class="quiet">Sessions that live on it move with their next turn.</p>
      {ownership === "owned" && kind === "chatgpt" ? (
        <label class="check">
          <input type="checkbox" checked={revoke} onChange={(event) => setRevoke(event.currentTarget.checked)} />
          End the sign-in at OpenAI too
        </label>
      ) : null}
    </Confirm>
  );
}
