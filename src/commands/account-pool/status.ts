/** `codexuse account-pool status`. */
import type { Static } from "typebox";
import { showPoolStatus } from "../../operations/show-pool-status.ts";
import { answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { renderProfiles } from "../profile-table.ts";
import { RUNTIME_ARGUMENT } from "../runtime-argument.ts";
import { paintWith } from "../terminal-text.ts";

type Status = Static<typeof showPoolStatus.output>;

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function renderStatus(status: Status, io: CommandIo): string {
  const paint = paintWith(io.stdout.colours);
  const pool = status.enabled ? paint("green", "on") : paint("yellow", "off");
  const serves = status.running
    ? `${paint("green", "running")} at ${status.base_url} (pid ${status.pid})`
    : `${paint("yellow", "not running")} (serves at ${status.base_url} once started)`;
  const lines = [
    `Pool      ${pool}, routing ${status.routing}, fast ${status.fast ? "on" : "off"}`,
    `Runtime   ${status.runtime}, ${serves}`,
    `Holds     ${countText(status.keys, "key")}, ${countText(status.sessions, "session")}, ${countText(status.models.length, "model")}`,
  ];
  const table = renderProfiles(status.profiles, io);
  return table === "" ? lines.join("\n") : [...lines, "", table].join("\n");
}

export const status = defineLeaf({
  name: "status",
  description: showPoolStatus.summary,
  examples: ["codexuse account-pool status", "codexuse account-pool status --runtime=daemon --json"],
  args: {
    runtime: RUNTIME_ARGUMENT,
    port: { ...PORT_ARGUMENT, description: "Port to look for the runtime at, instead of the remembered one" },
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const found = await showPoolStatus.run(desk, { runtime: args.runtime, port: parsePort(args.port) });
    return answer(found, renderStatus(found, io), [found.hint]);
  },
});
