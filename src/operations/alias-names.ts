/** May this be an alias? Pure: checks a new public name against everything names mean already. */
import { type Alias, FAST_SUFFIX, type NameTable, resolveModel } from "../models/resolve.ts";
import { nearMissOf } from "./near-miss.ts";
import { OperationError } from "./operation.ts";

/** What clients can send without quoting, and no more. */
const NAME_FORM = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/;

function checkModel(table: NameTable, alias: Alias): void {
  const model = table.models.find((entry) => entry.id === alias.model);
  if (model === undefined) {
    const near = nearMissOf(
      alias.model,
      table.models.map((entry) => entry.id),
    );
    const hint = near === null ? "codexuse account-pool models list shows them." : `Did you mean "${near}"?`;
    throw new OperationError("not-found", `No account of the pool offers a model "${alias.model}".`, hint);
  }
  if (alias.effort !== null && !model.efforts.includes(alias.effort)) {
    const near = nearMissOf(alias.effort, model.efforts);
    const known = model.efforts.length === 0 ? "it names none" : `it has ${model.efforts.join(", ")}`;
    const hint = near === null ? null : `Did you mean "${near}"?`;
    throw new OperationError("usage", `"${model.id}" has no effort "${alias.effort}": ${known}.`, hint);
  }
  if (alias.fast && !model.tiers.includes("priority")) {
    throw new OperationError("usage", `"${model.id}" has no faster tier.`, "Leave --fast out.");
  }
}

/** A name must not change the meaning it has: base models, ready-made names and fast variants come with one. */
function checkClash(table: NameTable, alias: Alias): void {
  if (table.models.some((model) => model.id === alias.name)) {
    throw new OperationError("conflict", `"${alias.name}" is a base model.`, "Choose another name.");
  }
  if (table.aliases.some((entry) => entry.name === alias.name)) {
    const hint = `Remove it first: codexuse account-pool aliases remove ${alias.name}`;
    throw new OperationError("conflict", `There is an alias "${alias.name}" already.`, hint);
  }
  const known = { ...table, hidden: new Set<string>(), fast: true };
  const meaning = resolveModel(known, alias.name);
  const wanted = resolveModel({ ...known, aliases: [alias] }, alias.name);
  if (meaning.kind !== "resolved" || wanted.kind !== "resolved") return;
  const isSame =
    meaning.upstreamModel === wanted.upstreamModel &&
    meaning.effort === wanted.effort &&
    meaning.serviceTier === wanted.serviceTier;
  if (isSame) return;
  const behind = [meaning.upstreamModel, meaning.effort, meaning.serviceTier === null ? null : "fast"];
  const words = behind.filter((part) => part !== null).join(", ");
  throw new OperationError("conflict", `"${alias.name}" means something already: ${words}.`, "Choose another name.");
}

/** Throws an `OperationError` that says what to do; returns when the alias may be added. */
export function checkAlias(table: NameTable, alias: Alias): void {
  if (!NAME_FORM.test(alias.name)) {
    const form = "up to 100 letters, digits and . _ : / -, beginning with a letter or digit";
    throw new OperationError("usage", `A public name has ${form}.`, "Choose another name.");
  }
  if (alias.name === FAST_SUFFIX) throw new OperationError("usage", "A name cannot be the suffix alone.", null);
  checkModel(table, alias);
  checkClash(table, alias);
}
