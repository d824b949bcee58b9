/** `codexuse account-pool status`. */
import { OperationError } from "../../operations/operation.ts";
import { showPoolStatus } from "../../operations/show-pool-status.ts";
import type { Runtime } from "../../ports.ts";
import { answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { showLive } from "../live-view.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { RUNTIME_ARGUMENT } from "../runtime-argument.ts";
import { paintWith } from "../terminal-text.ts";
import { type Look, type PoolStatus, renderNextStep, renderPoolStatus } from "./status-view.ts";

const DRAW_EVERY_MS = 2_000;

function lookOf(io: CommandIo): Look {
  const { columns, colours } = io.stdout;
  return { columns, paint: paintWith(colours), plain: io.env["TERM"] === "dumb", nowMs: io.clock.now() };
}

async function watch(io: CommandIo, read: () => Promise<PoolStatus>): Promise<void> {
  const draw = async () => {
    const [status, look] = [await read(), lookOf(io)];
    const keys = io.stdout.isTty ? ["", look.paint("dim", "q quits")] : [];
    return [...renderPoolStatus(status, look), ...renderNextStep(status, look), ...keys];
  };
  await showLive(io, { everyMs: DRAW_EVERY_MS, draw });
}

export const status = defineLeaf({
  name: "status",
  description: showPoolStatus.summary,
  examples: [
    "codexuse account-pool status",
    "codexuse account-pool status --runtime=daemon --json",
    "codexuse account-pool status --runtime=daemon --watch",
  ],
  args: {
    runtime: RUNTIME_ARGUMENT,
    port: { ...PORT_ARGUMENT, description: "Port to look for the runtime at, instead of the remembered one" },
    watch: { type: "boolean", alias: "w", description: "Show it again and again until q or Ctrl-C" },
  },
  async run(args, io) {
    if (args.watch && args.json) {
      throw new OperationError("usage", "--watch never ends, so it cannot be one JSON document.");
    }
    const desk = await io.doors.openDesk(io.env);
    const input: { runtime: Runtime; port: number | null } = { runtime: args.runtime, port: parsePort(args.port) };
    const read = async () => await showPoolStatus.run(desk, input);
    if (args.watch) {
      await watch(io, read);
      return null;
    }
    const found = await read();
    return answer(found, renderPoolStatus(found, lookOf(io)).join("\n"), [found.hint]);
  },
});
