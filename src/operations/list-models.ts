/** Lists every model name there is, and what stands behind it. */
import { Type } from "typebox";
import { ModelView, modelViews, readOffers } from "./model-view.ts";
import { readNameTable } from "./name-table.ts";
import { defineOperation } from "./operation.ts";
import { NoInput, nullable } from "./shapes.ts";

export const listModels = defineOperation({
  name: "account-pool.models.list",
  summary: "List the model names, their kind, and who offers them",
  input: NoInput,
  output: Type.Object({ models: Type.Array(ModelView), hint: nullable(Type.String()) }),
  changes: false,
  run(desk) {
    const settings = desk.settings();
    const offers = readOffers(settings);
    const hint =
      offers.size > 0
        ? null
        : "No account's own list has been read yet, so the built-in one is shown: codexuse account-pool models refresh";
    return { models: modelViews(readNameTable(settings), offers), hint };
  },
});
