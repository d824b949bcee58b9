/** Which keys open the API, and to which runtime? A new one is shown once. */
import { useId, useState } from "preact/hooks";
import type { PageKey, PageOperations, PageRuntime, PageSnapshot } from "../operations/page-wire.ts";
import { ColumnHeads } from "./column-heads.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Confirm, Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Ago } from "./now.tsx";
import { Empty, Section } from "./section.tsx";
import { useChange } from "./use-change.ts";

type NewKey = PageOperations["account-pool.keys.create"]["result"];

const RUNTIME_WORDS: Readonly<Record<PageRuntime, string>> = {
  desktop: "Desktop: this page's address",
  daemon: "Daemon: the headless one's address",
};

function CreateKey({
  runtime,
  onCreated,
}: {
  readonly runtime: PageRuntime;
  readonly onCreated: (key: NewKey) => void;
}) {
  const ids = { name: useId(), runtime: useId() };
  const [name, setName] = useState("");
  const [wanted, setWanted] = useState<PageRuntime>(runtime);
  const { isRunning, run } = useChange();
  const create = async () => {
    const made = await run("account-pool.keys.create", { runtime: wanted, name: name.trim() || null }, null);
    if (made === null) return;
    setName("");
    onCreated(made);
  };
  return (
    <form
      class="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <div class="field grow">
        <label for={ids.name}>Name of the new key</label>
        <input
          id={ids.name}
          class="input"
          placeholder="laptop"
          maxLength={80}
          autocomplete="off"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for={ids.runtime}>Opens</label>
        <select
          id={ids.runtime}
          class="input"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value === "daemon" ? "daemon" : "desktop")}
        >
          <option value="desktop">{RUNTIME_WORDS.desktop}</option>
          <option value="daemon">{RUNTIME_WORDS.daemon}</option>
        </select>
      </div>
      <button type="submit" class="button primary" disabled={isRunning}>
        <Icon name="plus" /> Create key
      </button>
    </form>
  );
}

function CreatedKeyDialog({ made, onClose }: { readonly made: NewKey; readonly onClose: () => void }) {
  const line = `export CODEXUSE_API_KEY=${made.key}`;
  return (
    <Dialog title={`Key “${made.name}”`} onClose={onClose}>
      <div class="dialog-body">
        <p>
          <strong>Copy it now.</strong> It is shown this once: only its fingerprint is kept.
        </p>
        <div class="secret">
          <code id="new-key">{made.key}</code>
          <CopyButton text={made.key} what="key" isPrimary />
        </div>
        <p class="quiet">For your shell:</p>
        <div class="secret">
          <code>{line}</code>
          <CopyButton text={line} what="shell line" />
        </div>
        <p class="quiet">
          It opens <code>{made.base_url}</code> (the {made.runtime} runtime) and nothing else.
        </p>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          I have kept it
        </button>
      </footer>
    </Dialog>
  );
}

function RevokeKeyDialog({ revoked, onClose }: { readonly revoked: PageKey; readonly onClose: () => void }) {
  const { isRunning, run } = useChange();
  const { id, name, runtime, last4 } = revoked;
  const revoke = async () => {
    if ((await run("account-pool.keys.revoke", { runtime, id }, `The key ${name} is revoked.`)) !== null) onClose();
  };
  return (
    <Confirm
      title={`Revoke ${name}?`}
      action="Revoke"
      isRunning={isRunning}
      onConfirm={() => void revoke()}
      onClose={onClose}
    >
      <p>
        Clients with the key that ends in <code>{last4}</code> get a 401 from now on. This cannot be taken back.
      </p>
    </Confirm>
  );
}

function KeyTable({
  keys,
  onRevoke,
}: {
  readonly keys: readonly PageKey[];
  readonly onRevoke: (key: PageKey) => void;
}) {
  return (
    <table class="table">
      <caption class="for-readers">API keys that work</caption>
      <ColumnHeads names={["Name", "Key", "Opens", "Created", "Last used"]} last="Actions" />
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row" data-label="Name">
              {key.name}
            </th>
            <td data-label="Key">
              <code>cux_pool_…{key.last4}</code>
            </td>
            <td data-label="Opens">{key.runtime}</td>
            <td data-label="Created">
              <Ago at={key.created_at} />
            </td>
            <td data-label="Last used">
              <Ago at={key.last_used_at} />
            </td>
            <td class="end">
              <button type="button" class="button small quiet-danger" onClick={() => onRevoke(key)}>
                Revoke<span class="for-readers"> {key.name}</span>
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function KeysSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { keys, pool } = snapshot;
  const [made, setMade] = useState<NewKey | null>(null);
  const [revoked, setRevoked] = useState<PageKey | null>(null);
  return (
    <Section
      id="keys"
      count={keys.length}
      about="Clients come in with a key of this machine's own. It never leaves it."
    >
      <div class="card">
        {keys.length === 0 ? (
          <Empty title="No key yet">Create one for your first client.</Empty>
        ) : (
          <KeyTable keys={keys} onRevoke={setRevoked} />
        )}
        <CreateKey runtime={pool.runtime} onCreated={setMade} />
      </div>
      {made === null ? null : <CreatedKeyDialog made={made} onClose={() => setMade(null)} />}
      {revoked === null ? null : <RevokeKeyDialog revoked={revoked} onClose={() => setRevoked(null)} />}
    </Section>
  );
}
