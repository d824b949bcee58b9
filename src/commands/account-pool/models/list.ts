/** `codexuse account-pool models list`. */
import { listModels } from "../../../operations/list-models.ts";
import type { ModelView } from "../../../operations/model-view.ts";
import { answer, defineLeaf } from "../../command.ts";
import { type Column, renderTable } from "../../table.ts";
import { paintWith } from "../../terminal-text.ts";

const COLUMNS: readonly Column[] = [
  { title: "NAME" },
  { title: "KIND" },
  { title: "MEANS", shrinks: true },
  { title: "SHOWN", style: (cell) => (cell === "hidden" ? "dim" : null) },
  { title: "OFFERED BY", shrinks: true },
];

function meaningOf({ id, model, effort, fast }: ModelView): string {
  const parts = [model === id ? null : model, effort === null ? null : `effort ${effort}`, fast ? "fast" : null];
  return parts.filter((part) => part !== null).join(", ");
}

export const list = defineLeaf({
  name: "list",
  description: listModels.summary,
  examples: ["codexuse account-pool models list", "codexuse account-pool models list --json"],
  args: {},
  async run(_args, io) {
    const found = await listModels.run(await io.doors.openDesk(io.env), {});
    const rows = found.models.map((model) => [
      model.id,
      model.kind,
      meaningOf(model),
      model.exposed ? "yes" : "hidden",
      model.offered_by.join(", "),
    ]);
    const table = renderTable(COLUMNS, rows, io.stdout.columns, paintWith(io.stdout.colours));
    return answer(found, table, [found.hint]);
  },
});
