/** `codexuse daemon install`. */
import { homedir } from "node:os";
import { findRuntime, type Sighting } from "../../daemon/find-runtime.ts";
import { JOURNAL } from "../../daemon/journal.ts";
import { agentPath, renderLaunchdPlist } from "../../daemon/launchd-plist.ts";
import { openSystemctl, readUnitState } from "../../daemon/systemctl.ts";
import { renderSystemdUnit } from "../../daemon/systemd-unit.ts";
import { renderWindowsTask, TASK_NAME } from "../../daemon/windows-task.ts";
import { type Desk, OperationError } from "../../operations/operation.ts";
import { type Answer, answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { PORT_ARGUMENT, parsePort } from "../port-argument.ts";
import { readToken, TELEGRAM_TOKEN_ARGUMENT, tokenFileOf } from "../telegram-token.ts";
import { type DaemonReport, describeForeign, findDaemon, renderReport, reportOn, reportWith } from "./daemon-report.ts";
import { installService } from "./install-service.ts";
import { describeTarget, isLingering, isRoot, SCOPE_ARGUMENTS, type ServiceTarget, scopeOf } from "./service-target.ts";

const UNTRIED = "This form was checked, but never run on such a system: tell us how it went.";

/** The file, where it goes, and how it is put to work, for whoever does it by hand. */
function printedAnswer(target: ServiceTarget): Answer {
  const { plan, places, home } = target;
  if (process.platform === "darwin") {
    const path = agentPath(homedir());
    const text = renderLaunchdPlist({ ...plan, home });
    const load = `Save it as ${path}, then: launchctl bootstrap gui/$(id -u) ${path}`;
    return answer({ format: "launchd", path, text }, text.trimEnd(), [load, UNTRIED]);
  }
  if (process.platform === "win32") {
    const text = renderWindowsTask(plan);
    const load = `Save it as ${TASK_NAME}.xml, then: schtasks /Create /TN ${TASK_NAME} /XML ${TASK_NAME}.xml`;
    return answer({ format: "task-scheduler", path: null, text }, text.trimEnd(), [load, UNTRIED]);
  }
  const text = renderSystemdUnit(plan);
  return answer({ format: "systemd", path: places.unit, text }, text.trimEnd(), [
    `Goes to ${places.unit}. Nothing was changed.`,
    ...withheldNotes(target),
  ]);
}

function withheldNotes({ withheld }: ServiceTarget): string[] {
  return withheld.map((name) => `${name} holds a password and was left out: everybody may read a unit.`);
}

function refuseElsewhere(scope: "user" | "system"): void {
  if (process.platform !== "linux") {
    throw new OperationError(
      "failed",
      "Only services of systemd are installed by this command.",
      "See what to install by hand: codexuse daemon install --print",
    );
  }
  if (scope === "system" && !isRoot()) {
    throw new OperationError("failed", "A service of the machine is installed by root.", "Use sudo, or --user.");
  }
}

/** A daemon that runs by itself, or a program at its port, would be in the way of the service. */
async function refuseOthers(
  io: CommandIo,
  desk: Desk,
  target: ServiceTarget,
  servicePid: number | null,
): Promise<void> {
  const { plan, home } = target;
  const isOwn = plan.scope === "user" && home === desk.home;
  // The home of a system service is another user's, and its stores are not ours to open: only a port that was named is known.
  if (!isOwn && (plan.port === null || plan.port === 0)) return;
  const elsewhere = { home, runtime: "daemon", port: plan.port ?? 0, freePort: null, nowMs: io.clock.now() } as const;
  const sighting = isOwn ? await findDaemon(io, desk, plan.port) : await findRuntime(elsewhere);
  if (sighting.kind === "foreign") {
    throw new OperationError(
      "conflict",
      describeForeign(sighting),
      "Choose another one: codexuse daemon install --port=N",
    );
  }
  if (!("pid" in sighting) || sighting.pid === servicePid) return;
  throw new OperationError(
    "conflict",
    `The daemon already runs by itself (pid ${sighting.pid}).`,
    "Stop it first: codexuse daemon stop",
  );
}

/** The home of a service of the machine is not that of whoever installs it: its stores stay closed. */
function serviceReport({ plan }: ServiceTarget, sighting: Sighting, desk: Desk, nowMs: number): DaemonReport {
  if (plan.scope === "user") return reportOn(sighting, desk, nowMs);
  return reportWith({ log: JOURNAL, telegram: null }, sighting, nowMs);
}

function homeNote({ plan, home }: ServiceTarget): string | null {
  if (plan.scope === "user") return null;
  return [
    `Its home is ${home}. Reach it with: CODEXUSE_HOME=${home} codexuse account-pool status --runtime=daemon`,
    "Its log: journalctl -u codexuse -f",
  ].join("\n");
}

export const install = defineLeaf({
  name: "install",
  description: "Install the daemon as a service that starts by itself",
  examples: [
    "codexuse daemon install",
    "codexuse daemon install --user --port=4000",
    "codexuse daemon install --print",
    "codexuse daemon install --telegram-bot-token=file:bot.token",
  ],
  args: {
    ...SCOPE_ARGUMENTS,
    port: { ...PORT_ARGUMENT, description: "Port to serve at, whatever was remembered" },
    print: { type: "boolean", description: "Print what would be installed and change nothing" },
    start: { type: "boolean", default: true, description: "Leave it to you, or the next boot, to start it" },
    "telegram-bot-token": TELEGRAM_TOKEN_ARGUMENT,
  },
  async run(args, io) {
    const scope = scopeOf(args);
    const given = args["telegram-bot-token"];
    const token = await readToken(given, io);
    const tokenFile = tokenFileOf(given);
    const desk = await io.doors.openDesk(io.env);
    const target = describeTarget(io, desk, {
      scope,
      port: parsePort(args.port),
      tokenFile,
      writesToken: token !== null && tokenFile === null,
    });
    if (args.print) return printedAnswer(target);
    refuseElsewhere(scope);
    const systemctl = openSystemctl(scope, io.env);
    await refuseOthers(io, desk, target, readUnitState(systemctl)?.pid ?? null);
    const writtenToken = tokenFile === null ? token : null;
    const { changed, sighting } = await installService(
      { target, systemctl, token: writtenToken, starts: args.start },
      io,
    );
    const report = sighting === null ? null : serviceReport(target, sighting, desk, io.clock.now());
    const document = { scope, unit: target.places.unit, home: target.home, changed, ...(report ?? { running: false }) };
    const said = changed ? "Service: none → installed" : "The service was installed before, just so.";
    return answer(document, report === null ? said : renderReport(report), [
      report === null
        ? `It starts with the next boot, or with: systemctl ${scope === "user" ? "--user " : ""}start codexuse`
        : said,
      scope === "user" && !isLingering() ? "It ends when you sign out. To keep it: loginctl enable-linger" : null,
      homeNote(target),
      ...withheldNotes(target),
    ]);
  },
});
