/** `codexuse account-pool keys list`. */
import { listKeys } from "../../../operations/list-keys.ts";
import { answer, defineLeaf } from "../../command.ts";
import { RUNTIME_ARGUMENT } from "../../runtime-argument.ts";
import { agoText } from "../../spans.ts";
import { type Column, renderTable } from "../../table.ts";
import { paintWith } from "../../terminal-text.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID" },
  { title: "NAME", shrinks: true },
  { title: "ENDS IN" },
  { title: "CREATED" },
  { title: "LAST USED" },
];

export const list = defineLeaf({
  name: "list",
  description: listKeys.summary,
  examples: ["codexuse account-pool keys list --runtime=daemon"],
  args: { runtime: RUNTIME_ARGUMENT },
  async run(args, io) {
    const found = await listKeys.run(await io.doors.openDesk(io.env), { runtime: args.runtime });
    const nowMs = io.clock.now();
    const rows = found.keys.map((key) => [
      key.id,
      key.name,
      key.last4,
      agoText(key.created_at, nowMs),
      agoText(key.last_used_at, nowMs),
    ]);
    const text = renderTable(COLUMNS, rows, io.stdout.columns, paintWith(io.stdout.colours));
    const make = `The ${args.runtime} runtime has no key: codexuse account-pool keys create --runtime=${args.runtime}`;
    return answer(found, text, [rows.length === 0 ? make : null]);
  },
});
