/** Publishes names of the owner's own, and takes them back. */
import { Type } from "typebox";
import type { SettingsStore } from "../ports.ts";
import { checkAlias } from "./alias-names.ts";
import { readNameTable } from "./name-table.ts";
import { nearMissOf } from "./near-miss.ts";
import { defineOperation, OperationError } from "./operation.ts";
import { changeOf, NoInput, nullable } from "./shapes.ts";

const AliasView = Type.Object({
  name: Type.String(),
  model: Type.String(),
  effort: nullable(Type.String()),
  fast: Type.Boolean(),
});
const AliasChange = changeOf(Type.Object({ aliases: Type.Array(Type.String()) }));

function names(settings: SettingsStore): string[] {
  return settings.aliases().map((alias) => alias.name);
}

export const listAliases = defineOperation({
  name: "account-pool.aliases.list",
  summary: "List the names of your own and what stands behind them",
  input: NoInput,
  output: Type.Object({ aliases: Type.Array(AliasView) }),
  changes: false,
  run: (desk) => ({
    aliases: desk
      .settings()
      .aliases()
      .map((alias) => ({ ...alias })),
  }),
});

export const addAlias = defineOperation({
  name: "account-pool.aliases.add",
  summary: "Publish a name of your own for a model, with an effort or speed held behind it",
  input: AliasView,
  output: AliasChange,
  changes: true,
  run(desk, alias) {
    const settings = desk.settings();
    checkAlias(readNameTable(settings), alias);
    const before = names(settings);
    settings.addAlias(alias);
    return {
      changed: true,
      before: { aliases: before },
      after: { aliases: names(settings) },
      untouched: "The names there were before mean what they meant.",
      hint: null,
    };
  },
});

export const removeAlias = defineOperation({
  name: "account-pool.aliases.remove",
  summary: "Take back a name of your own",
  input: Type.Object({ name: Type.String({ minLength: 1 }) }),
  output: AliasChange,
  changes: true,
  run(desk, { name }) {
    const settings = desk.settings();
    const before = names(settings);
    if (!settings.removeAlias(name)) {
      const near = nearMissOf(name, before);
      const hint = near === null ? "codexuse account-pool aliases list shows them." : `Did you mean "${near}"?`;
      throw new OperationError("not-found", `There is no alias "${name}".`, hint);
    }
    return {
      changed: true,
      before: { aliases: before },
      after: { aliases: names(settings) },
      untouched: "Clients that still ask for it get a 404 that names what is near.",
      hint: null,
    };
  },
});
