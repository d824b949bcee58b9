/** `codexuse account-pool sessions show`. */
import type { Static } from "typebox";
import { showSession } from "../../../operations/show-session.ts";
import { answer, defineLeaf } from "../../command.ts";
import type { CommandIo } from "../../command-io.ts";
import { RUNTIME_ARGUMENT } from "../../runtime-argument.ts";
import { agoText } from "../../spans.ts";
import { renderTable } from "../../table.ts";
import { paintWith, plainText } from "../../terminal-text.ts";

type Shown = Static<typeof showSession.output>;

function describeSession({ session }: Shown, nowMs: number): string[] {
  const moved = session.last_rollover;
  const lines = [
    `Session   ${session.id}`,
    `Profile   ${session.profile ?? "none"}`,
    `Model     ${session.model}`,
    `Key       ${session.key_name ?? session.key}`,
    `Named by  ${session.affinity}`,
    `Turns     ${session.turns}, last ${agoText(session.last_used_at, nowMs)}`,
    `Moved     ${session.rollovers === 0 ? "never" : `${session.rollovers} times`}`,
  ];
  if (moved !== null) {
    lines.push(`          ${moved.from} → ${moved.to}: ${moved.reason}, ${agoText(moved.at, nowMs)}`);
  }
  return lines.map(plainText);
}

/** Who was asked in the last turn, then who was considered. */
function describeTurn({ last_turn: turn }: Shown, io: CommandIo): string[] {
  if (turn === null) return [];
  const paint = paintWith(io.stdout.colours);
  const attempts = turn.attempts.map(({ profile, outcome, reason, ms }) => [profile, outcome, reason, `${ms} ms`]);
  const considered = turn.considered.map(({ profile, verdict, reason }) => [profile, verdict, reason]);
  const wide = { shrinks: true };
  return [
    `Last turn ${plainText(turn.id)}: ${turn.ended}, status ${turn.status}`,
    renderTable(
      [
        { title: "ASKED", ...wide },
        { title: "OUTCOME" },
        { title: "REASON", ...wide },
        { title: "TOOK", align: "right" },
      ],
      attempts,
      io.stdout.columns,
      paint,
    ),
    renderTable(
      [{ title: "CONSIDERED", ...wide }, { title: "VERDICT" }, { title: "REASON", ...wide }],
      considered,
      io.stdout.columns,
      paint,
    ),
  ];
}

export const show = defineLeaf({
  name: "show",
  description: showSession.summary,
  examples: ["codexuse account-pool sessions show 01k4f7 --runtime=daemon"],
  args: {
    id: { type: "positional", required: true, description: "Id of the session, as sessions list shows it" },
    runtime: RUNTIME_ARGUMENT,
  },
  async run(args, io) {
    const shown = await showSession.run(await io.doors.openDesk(io.env), { runtime: args.runtime, id: args.id });
    const parts = [describeSession(shown, io.clock.now()).join("\n"), ...describeTurn(shown, io)];
    return answer(shown, parts.filter((part) => part !== "").join("\n\n"));
  },
});
