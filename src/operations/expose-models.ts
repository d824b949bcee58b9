/** Chooses which base models clients may ask for. */
import { Type } from "typebox";
import type { NameTable } from "../models/resolve.ts";
import type { SettingsStore } from "../ports.ts";
import { readNameTable } from "./name-table.ts";
import { nearMissOf } from "./near-miss.ts";
import { defineOperation, OperationError } from "./operation.ts";
import { changeOf } from "./shapes.ts";

const ModelIds = Type.Object({ models: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }) });
const ExposureChange = changeOf(Type.Object({ exposed: Type.Array(Type.String()) }));

const UNTOUCHED = "Turns that run now end as they began; the next request sees the change.";

/** Only base models can be hidden: names of the owner's own are removed instead. */
function checkBaseModel(table: NameTable, id: string): void {
  if (table.models.some((model) => model.id === id)) return;
  if (table.aliases.some((alias) => alias.name === id)) {
    const hint = `Take it out of the list with: codexuse account-pool aliases remove ${id}`;
    throw new OperationError("usage", `"${id}" is an alias, not a base model.`, hint);
  }
  const near = nearMissOf(
    id,
    table.models.map((model) => model.id),
  );
  const hint = near === null ? "codexuse account-pool models list shows them." : `Did you mean "${near}"?`;
  throw new OperationError("not-found", `No account of the pool offers a model "${id}".`, hint);
}

function exposedIds(settings: SettingsStore): string[] {
  const table = readNameTable(settings);
  return table.models.filter((model) => model.isListed && !table.hidden.has(model.id)).map((model) => model.id);
}

function setHidden(settings: SettingsStore, ids: readonly string[], hidden: boolean) {
  const table = readNameTable(settings);
  for (const id of ids) checkBaseModel(table, id);
  const before = exposedIds(settings);
  for (const id of ids) settings.setModelHidden(id, hidden);
  const after = exposedIds(settings);
  return {
    changed: before.join() !== after.join(),
    before: { exposed: before },
    after: { exposed: after },
    untouched: UNTOUCHED,
    hint: after.length === 0 ? "No base model is left for clients to ask for." : null,
  };
}

export const exposeModels = defineOperation({
  name: "account-pool.models.expose",
  summary: "Let clients ask for base models again",
  input: ModelIds,
  output: ExposureChange,
  changes: true,
  run: (desk, input) => setHidden(desk.settings(), input.models, false),
});

export const hideModels = defineOperation({
  name: "account-pool.models.hide",
  summary: "Hide base models from clients",
  input: ModelIds,
  output: ExposureChange,
  changes: true,
  run: (desk, input) => setHidden(desk.settings(), input.models, true),
});
