/** `codexuse account-pool models refresh`. */
import { refreshModels } from "../../../operations/refresh-models.ts";
import { answer, defineLeaf } from "../../command.ts";
import { renderTable } from "../../table.ts";
import { paintWith } from "../../terminal-text.ts";

export const refresh = defineLeaf({
  name: "refresh",
  description: refreshModels.summary,
  examples: ["codexuse account-pool models refresh"],
  args: {},
  async run(_args, io) {
    const done = await refreshModels.run(await io.doors.openDesk(io.env), {});
    const rows = done.accounts.map(({ profile, outcome, models, reason }) => [
      profile,
      outcome === "fetched" ? "read anew" : `kept the last list: ${reason}`,
      String(models),
    ]);
    const columns = [
      { title: "PROFILE", shrinks: true },
      { title: "LIST", shrinks: true },
      { title: "MODELS", align: "right" as const },
    ];
    return answer(done, renderTable(columns, rows, io.stdout.columns, paintWith(io.stdout.colours)));
  },
});
