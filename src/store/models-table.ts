/** Which models are hidden, and which names of the owner's own exist? Everything else about models is upstream's. */
import type { AliasRecord, SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { toFlag } from "./row-values.ts";

interface AliasRow {
  readonly name: string;
  readonly model: string;
  readonly effort: string | null;
  readonly fast: number;
}

type Doors = "hiddenModels" | "setModelHidden" | "aliases" | "addAlias" | "removeAlias";

const INSERT_ALIAS = `
  INSERT INTO aliases (name, model, effort, fast) VALUES ($name, $model, $effort, $fast)
  ON CONFLICT (name) DO NOTHING`;

export function modelsTable(connection: Connection): Pick<SettingsStore, Doors> {
  const selectHidden = connection.prepare<{ model: string }>("SELECT model FROM hidden_models ORDER BY model");
  const insertHidden = connection.prepare("INSERT OR IGNORE INTO hidden_models (model) VALUES (?)");
  const deleteHidden = connection.prepare("DELETE FROM hidden_models WHERE model = ?");
  const selectAliases = connection.prepare<AliasRow>("SELECT name, model, effort, fast FROM aliases ORDER BY name");
  const insertAlias = connection.prepare(INSERT_ALIAS);
  const deleteAlias = connection.prepare("DELETE FROM aliases WHERE name = ?");

  return {
    hiddenModels: () => selectHidden.all().map((row) => row.model),
    setModelHidden: (model, hidden) => {
      connection.commit(() => (hidden ? insertHidden : deleteHidden).run(model));
    },
    aliases: () => selectAliases.all().map(aliasOf),
    addAlias: ({ name, model, effort, fast }) =>
      connection.commit(() => insertAlias.run({ name, model, effort, fast: toFlag(fast) }).changes === 1),
    removeAlias: (name) => connection.commit(() => deleteAlias.run(name).changes === 1),
  };
}

function aliasOf(row: AliasRow): AliasRecord {
  return { name: row.name, model: row.model, effort: row.effort, fast: row.fast === 1 };
}
