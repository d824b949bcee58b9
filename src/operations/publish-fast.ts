/** Shows or sets whether speed-biased variants of the names are published. */
import { Type } from "typebox";
import { fastNames } from "../models/resolve.ts";
import { readNameTable } from "./name-table.ts";
import { defineOperation } from "./operation.ts";
import { changeOf, nullable } from "./shapes.ts";

export const publishFast = defineOperation({
  name: "account-pool.fast",
  summary: "Show or set whether a faster variant of each name is published",
  input: Type.Object({ fast: nullable(Type.Boolean()) }),
  output: changeOf(Type.Object({ fast: Type.Boolean() })),
  changes: true,
  run(desk, input) {
    const settings = desk.settings();
    const { fast } = settings.pool();
    const wanted = input.fast ?? fast;
    if (wanted !== fast) settings.updatePool({ fast: wanted });
    const published = fastNames({ ...readNameTable(settings), fast: true }).length;
    return {
      changed: wanted !== fast,
      before: { fast },
      after: { fast: wanted },
      untouched: "The names without -fast mean what they meant. Faster answers use up quota faster.",
      hint: wanted && published === 0 ? "No model of the pool has a faster tier, so no variant is published." : null,
    };
  },
});
