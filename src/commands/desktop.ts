/** `codexuse desktop`. */
import type { Desk } from "../operations/operation.ts";
import { makePageLink } from "../operations/page-link.ts";
import { baseUrlOf } from "../operations/runtime-address.ts";
import { defineLeaf } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { PORT_ARGUMENT, parsePort } from "./port-argument.ts";
import { LOG_FORMAT_ARGUMENT } from "./runtime-log-sink.ts";
import { serveInFront } from "./serve-in-front.ts";
import { documentText } from "./terminal-text.ts";

interface Place {
  readonly pid: number | null;
  readonly port: number;
}

interface Wish {
  readonly open: boolean;
  readonly json: boolean;
}

/** Said where no browser could be opened: the address is all the person has. */
function tellLink(io: CommandIo, link: string, port: number): void {
  io.tell("info", "Open this address in a browser of this machine. It works once, within 5 minutes:");
  io.tell("info", link);
  if (!io.env["SSH_CONNECTION"]) return;
  io.tell("info", `From the machine you came from, first: ssh -L ${port}:127.0.0.1:${port} <this machine>`);
}

/** Shows Settings of a runtime that serves. The link is an answer in itself: scripts and headless machines ask for it. */
async function showSettings(io: CommandIo, desk: Desk, { pid, port }: Place, wish: Wish): Promise<void> {
  const link = makePageLink(desk, port);
  const opened = wish.open && io.openBrowser(link);
  if (wish.json) {
    const about = { runtime: "desktop", running: true, pid, port, base_url: baseUrlOf(port), page_url: link, opened };
    await io.stdout.write(documentText(about));
  } else if (opened) io.tell("done", "Settings opens in your browser.");
  else tellLink(io, link, port);
}

export const desktop = defineLeaf({
  name: "desktop",
  description: "Run the desktop runtime in this terminal, and open its Settings page in a browser",
  examples: [
    "codexuse desktop",
    "codexuse desktop --no-open",
    "codexuse desktop --port=4100",
    "codexuse desktop --no-alerts",
  ],
  args: {
    port: PORT_ARGUMENT,
    "log-format": LOG_FORMAT_ARGUMENT,
    open: { type: "boolean", default: true, description: "Do not open a browser, only show the address" },
    alerts: { type: "boolean", default: true, description: "Show no notifications of the system" },
  },
  async run(args, io) {
    const port = parsePort(args.port);
    const wish = { open: args.open, json: args.json === true };
    const desk = await io.doors.openDesk(io.env);
    const presence = await desk.presence("desktop", null);
    if (presence.running && (port === null || port === presence.port)) {
      if (!wish.json) io.tell("info", `The desktop runtime serves already at ${baseUrlOf(presence.port)}.`);
      await showSettings(io, desk, presence, wish);
      return null;
    }
    await serveInFront(io, desk, {
      runtime: "desktop",
      port,
      logFormat: args["log-format"] ?? null,
      alerts: args.alerts,
      async onServing(running) {
        if (!wish.json) io.tell("done", `Serving at ${baseUrlOf(running.port)}. Stop with Ctrl-C.`);
        await showSettings(io, desk, { pid: io.pid, port: running.port }, wish);
      },
    });
    return null;
  },
});
