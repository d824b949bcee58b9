/** Publishes a name of the owner's own for a model. */
import { useId, useState } from "preact/hooks";
import type { PageModel } from "../operations/page-wire.ts";
import { Icon } from "./icon.tsx";
import { useChange } from "./use-change.ts";

/** Upstream's words, weakest first; which of them a model knows is checked when the name is made. */
const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

export function AliasForm({ models }: { readonly models: readonly PageModel[] }) {
  const ids = { name: useId(), model: useId(), effort: useId() };
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [effort, setEffort] = useState("");
  const [fast, setFast] = useState(false);
  const { isRunning, run } = useChange();
  const model = chosen ?? models[0]?.id ?? "";
  const add = async () => {
    const alias = { name: name.trim(), model, effort: effort === "" ? null : effort, fast };
    if ((await run("account-pool.aliases.add", alias, `Clients may ask for ${alias.name}.`)) !== null) setName("");
  };
  return (
    <form
      class="alias-form"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div class="field">
        <label for={ids.name}>New name</label>
        <input
          id={ids.name}
          class="input"
          placeholder="deep-thought"
          maxLength={100}
          autocomplete="off"
          required
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for={ids.model}>Model</label>
        <select id={ids.model} class="input" value={model} onChange={(event) => setChosen(event.currentTarget.value)}>
          {models.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={ids.effort}>Effort</label>
        <select id={ids.effort} class="input" value={effort} onChange={(event) => setEffort(event.currentTarget.value)}>
          <option value="">as the client says</option>
          {EFFORTS.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <label class="check">
        <input type="checkbox" checked={fast} onChange={(event) => setFast(event.currentTarget.checked)} />
        Fast
      </label>
      <button type="submit" class="button" disabled={isRunning || model === ""}>
        <Icon name="plus" /> Add name
      </button>
    </form>
  );
}
