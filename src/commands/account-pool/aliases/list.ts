/** `codexuse account-pool aliases list`. */
import { listAliases } from "../../../operations/edit-aliases.ts";
import { answer, defineLeaf } from "../../command.ts";
import { renderTable } from "../../table.ts";
import { paintWith } from "../../terminal-text.ts";

export const list = defineLeaf({
  name: "list",
  description: listAliases.summary,
  examples: ["codexuse account-pool aliases list"],
  args: {},
  async run(_args, io) {
    const found = await listAliases.run(await io.doors.openDesk(io.env), {});
    const rows = found.aliases.map(({ name, model, effort, fast }) => [name, model, effort ?? "", fast ? "yes" : ""]);
    const columns = [
      { title: "NAME", shrinks: true },
      { title: "MODEL", shrinks: true },
      { title: "EFFORT" },
      { title: "FAST" },
    ];
    const hint =
      rows.length > 0 ? null : "None yet: codexuse account-pool aliases add <name> --model=ID --effort=LEVEL";
    return answer(found, renderTable(columns, rows, io.stdout.columns, paintWith(io.stdout.colours)), [hint]);
  },
});
