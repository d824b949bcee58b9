/** `codexuse account-pool sessions list`. */
import { listSessions } from "../../../operations/list-sessions.ts";
import { answer, defineLeaf } from "../../command.ts";
import { RUNTIME_ARGUMENT } from "../../runtime-argument.ts";
import { agoText } from "../../spans.ts";
import { type Column, renderTable } from "../../table.ts";
import { paintWith } from "../../terminal-text.ts";

const COLUMNS: readonly Column[] = [
  // Whole, for it is what other commands are given.
  { title: "ID" },
  { title: "PROFILE", shrinks: true },
  { title: "MODEL", shrinks: true },
  { title: "KEY", shrinks: true },
  { title: "TURNS", align: "right" },
  { title: "MOVED", align: "right", drops: true },
  { title: "LAST USED" },
  { title: "NAMED BY", drops: true },
];

export const list = defineLeaf({
  name: "list",
  description: listSessions.summary,
  examples: ["codexuse account-pool sessions list --runtime=daemon"],
  args: { runtime: RUNTIME_ARGUMENT },
  async run(args, io) {
    const found = await listSessions.run(await io.doors.openDesk(io.env), { runtime: args.runtime });
    const nowMs = io.clock.now();
    const rows = found.sessions.map((session) => [
      session.id,
      session.profile ?? "-",
      session.model,
      session.key_name ?? session.key,
      String(session.turns),
      String(session.rollovers),
      agoText(session.last_used_at, nowMs),
      session.affinity,
    ]);
    const text = renderTable(COLUMNS, rows, io.stdout.columns, paintWith(io.stdout.colours));
    return answer(found, text, [rows.length === 0 ? `The ${args.runtime} runtime has no session.` : null]);
  },
});
