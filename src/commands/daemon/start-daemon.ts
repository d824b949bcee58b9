/** Brings the daemon up in the background and answers when it serves: what `start` and `restart` have in common. */
import type { Sighting } from "../../daemon/find-runtime.ts";
import { type Launch, launchRuntime } from "../../daemon/launch-runtime.ts";
import { logPath, openLog, readAdded, readTail } from "../../daemon/runtime-log.ts";
import type { Systemctl } from "../../daemon/systemctl.ts";
import { UNIT_NAME } from "../../daemon/systemd-unit.ts";
import { LIMITS } from "../../limits.ts";
import { type Desk, OperationError } from "../../operations/operation.ts";
import { readableLogLine } from "../../telemetry/log.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { plainText } from "../terminal-text.ts";
import { describeForeign, findDaemon } from "./daemon-report.ts";
import { findOwnService, refuseBesideService } from "./own-service.ts";

export interface Started {
  readonly sighting: Extract<Sighting, { kind: "running" }>;
  /** False when it ran before. */
  readonly fresh: boolean;
}

const LAST_LINES = 5;
const LOOK_EVERY_MS = 50;

/** Looks until a daemon that is coming up, perhaps by another's start, serves or has gone. */
async function findSettled(io: CommandIo, desk: Desk): Promise<Sighting> {
  const untilMs = performance.now() + LIMITS.startWaitMs;
  for (;;) {
    const sighting = await findDaemon(io, desk, null);
    if (sighting.kind !== "silent" || performance.now() >= untilMs) return sighting;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** The daemon that runs already, or null; throws `conflict` when one is in the way. */
async function findRunning(io: CommandIo, desk: Desk, port: number | null): Promise<Started | null> {
  const sighting = await findSettled(io, desk);
  if (sighting.kind === "silent") {
    const message = `A daemon (pid ${sighting.pid}) is there but does not answer at port ${sighting.port}.`;
    throw new OperationError("conflict", message, "Look at its log or restart it: codexuse daemon restart");
  }
  if (sighting.kind !== "running") return null;
  if (port !== null && port !== 0 && port !== sighting.port) {
    const message = `The daemon already runs at port ${sighting.port} (pid ${sighting.pid}).`;
    throw new OperationError("conflict", message, `Move it: codexuse daemon restart --port=${port}`);
  }
  return { sighting, fresh: false };
}

async function refuseTakenPort(io: CommandIo, desk: Desk, port: number | null): Promise<void> {
  if (port === 0) return;
  const target = await findDaemon(io, desk, port);
  if (target.kind !== "foreign") return;
  throw new OperationError("conflict", describeForeign(target), "Choose another one: codexuse daemon start --port=N");
}

function lastWords(path: string, fromBytes: number): string {
  const lines = readAdded(path, fromBytes).text.trimEnd().split("\n").slice(-LAST_LINES);
  return lines.map((line) => `\n  ${plainText(readableLogLine(line))}`).join("");
}

function failureOf(launch: Exclude<Launch, { kind: "ready" }>, words: string, path: string): OperationError {
  if (launch.kind === "timed-out") {
    const seconds = Math.round(LIMITS.startWaitMs / 1_000);
    return new OperationError(
      "failed",
      `The daemon did not serve within ${seconds} s and was ended.${words}`,
      `All of it: ${path}`,
    );
  }
  const reason = launch.exitCode === EXIT_CODES.conflict ? "conflict" : "failed";
  return new OperationError(
    reason,
    `The daemon ended before it served (exit code ${launch.exitCode}).${words}`,
    `All of it: ${path}`,
  );
}

async function startService(io: CommandIo, desk: Desk, service: Systemctl): Promise<Started> {
  const answer = service("start", UNIT_NAME);
  const sighting = await findSettled(io, desk);
  if (sighting.kind === "running") return { sighting, fresh: true };
  const said = answer.kind === "refused" ? ` systemd says: ${answer.text}` : "";
  throw new OperationError("failed", `The service did not come up.${said}`, "Look at: codexuse daemon logs");
}

/** Throws `conflict` for a taken port and `failed` with the log's last lines. */
export async function startDaemon(
  io: CommandIo,
  desk: Desk,
  port: number | null,
  telegramToken: string | null,
): Promise<Started> {
  const running = await findRunning(io, desk, port);
  if (running !== null) return running;
  const service = findOwnService(io, desk);
  refuseBesideService(service, port, telegramToken);
  await refuseTakenPort(io, desk, port);
  if (service !== null) return await startService(io, desk, service);
  const path = logPath(desk.home, "daemon");
  const log = openLog(path, LIMITS.logBytesMax);
  const fromBytes = readTail(path, 0)?.sizeBytes ?? 0;
  // The token goes by stdin: arguments and environments can be read by others.
  const tokenFlag = telegramToken === null ? [] : ["--telegram-bot-token=-"];
  const words = [...io.self, "daemon", "run", ...(port === null ? [] : [`--port=${port}`]), ...tokenFlag];
  const launch = await launchRuntime({
    words,
    home: desk.home,
    env: io.env,
    stdin: telegramToken,
    log,
    waitMs: LIMITS.startWaitMs,
  });
  const sighting = await findSettled(io, desk);
  // Also when ours ended: another start may have been quicker, and then the daemon that was asked for is there.
  if (sighting.kind === "running") return { sighting, fresh: launch.kind === "ready" };
  if (launch.kind !== "ready") throw failureOf(launch, lastWords(path, fromBytes), path);
  const message = `The daemon started (pid ${launch.pid}) but does not answer at port ${sighting.port}.`;
  throw new OperationError("failed", message + lastWords(path, fromBytes), `All of it: ${path}`);
}
