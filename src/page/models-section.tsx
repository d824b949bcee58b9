/** Which model names may clients ask for, and what stands behind them? */
import type { PageModel, PagePool, PageSnapshot } from "../operations/page-wire.ts";
import { AliasForm } from "./alias-form.tsx";
import { Icon } from "./icon.tsx";
import { Empty, Section } from "./section.tsx";
import { Switch } from "./switch.tsx";
import { useChange } from "./use-change.ts";

/** Who offers it, in as few words as that takes. Pure. */
export function offerText(offeredBy: readonly string[], selected: readonly string[]): string {
  if (offeredBy.length === 0) return "from the built-in list";
  const isByAll = selected.length > 1 && selected.every((name) => offeredBy.includes(name));
  return isByAll ? "offered by all" : `offered by ${offeredBy.join(", ")}`;
}

interface BaseModelProps {
  readonly model: PageModel;
  readonly selected: readonly string[];
}

function BaseModel({ model, selected }: BaseModelProps) {
  const { id, exposed, offered_by: offeredBy } = model;
  const { isRunning, run } = useChange();
  const expose = (isOn: boolean) =>
    run(
      isOn ? "account-pool.models.expose" : "account-pool.models.hide",
      { models: [id] },
      isOn ? `Clients may ask for ${id}.` : `${id} is hidden from clients.`,
    );
  return (
    <li>
      <Switch label={`Publish ${id}`} isOn={exposed} isBusy={isRunning} onChange={expose} />
      <code>{id}</code>
      <span class="quiet">{offerText(offeredBy, selected)}</span>
    </li>
  );
}

function meaningOf({ model, effort, fast }: PageModel): string {
  return [model, effort === null ? null : `effort ${effort}`, fast ? "fast" : null]
    .filter((part) => part !== null)
    .join(", ");
}

function Alias({ alias }: { readonly alias: PageModel }) {
  const { isRunning, run } = useChange();
  const remove = () =>
    void run("account-pool.aliases.remove", { name: alias.id }, `The name ${alias.id} is taken back.`);
  return (
    <li>
      <code>{alias.id}</code>
      <span class="quiet">→ {meaningOf(alias)}</span>
      <button
        type="button"
        class="icon-button"
        aria-label={`Remove the name ${alias.id}`}
        disabled={isRunning}
        onClick={remove}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

function FastSwitch({ pool, names }: { readonly pool: PagePool; readonly names: readonly PageModel[] }) {
  const { isRunning, run } = useChange();
  const publish = (fast: boolean) =>
    run(
      "account-pool.fast",
      { fast },
      fast ? "Fast variants are published." : "Fast variants are no longer published.",
    );
  return (
    <div class="fast">
      <Switch label="Publish fast variants" isOn={pool.fast} isBusy={isRunning} onChange={publish} isLabelled />
      <p class="quiet">
        A <code>-fast</code> name for each model that has a faster tier. Faster answers use up quota faster.
      </p>
      {names.length === 0 ? null : (
        <p class="names">
          {names.map((model) => (
            <code key={model.id}>{model.id}</code>
          ))}
        </p>
      )}
    </div>
  );
}

export function ModelsSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { models, pool } = snapshot;
  const { isRunning, run } = useChange();
  const ofKind = (kind: PageModel["kind"]) => models.filter((model) => model.kind === kind);
  const [base, aliases] = [ofKind("base"), ofKind("alias")];
  const selected = pool.profiles
    .filter((profile) => profile.selected && profile.kind === "chatgpt")
    .map(({ name }) => name);
  const refresh = async () =>
    void (await run("account-pool.models.refresh", {}, "The lists of models were read anew."));
  return (
    <Section
      id="models"
      count={pool.models.length}
      about="The names clients may ask for. Hidden ones are refused as if they did not exist."
      actions={
        <button
          type="button"
          class="button"
          disabled={isRunning || pool.profiles.length === 0}
          onClick={() => void refresh()}
        >
          <Icon name="refresh" /> {isRunning ? "Reading …" : "Read lists anew"}
        </button>
      }
    >
      <div class="card columns">
        <div>
          <h3>Base models</h3>
          {base.length === 0 ? (
            <Empty title="No model is known">Put a profile in the pool, then read the lists.</Empty>
          ) : (
            <ul class="lines">
              {base.map((model) => (
                <BaseModel key={model.id} model={model} selected={selected} />
              ))}
            </ul>
          )}
          <FastSwitch pool={pool} names={ofKind("fast")} />
        </div>
        <div>
          <h3>Names of your own</h3>
          {aliases.length === 0 ? (
            <p class="quiet">
              None yet. A name of your own holds a model, an effort or speed, whatever the client says.
            </p>
          ) : (
            <ul class="lines">
              {aliases.map((alias) => (
                <Alias key={alias.id} alias={alias} />
              ))}
            </ul>
          )}
          <AliasForm models={base} />
        </div>
      </div>
    </Section>
  );
}
