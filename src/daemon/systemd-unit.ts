/**
 * How does the daemon look as a unit of systemd? Pure: text out of a plan, and what an installed text says of itself.
 * Whoever writes it and talks to systemd is elsewhere.
 */
import { LIMITS } from "../limits.ts";
import { RUNTIME_VARIABLES } from "./launch-runtime.ts";
import { logPath } from "./runtime-log.ts";
import type { ServicePlan } from "./service-plan.ts";

export const UNIT_NAME = "codexuse.service";
/** Name of the state folder, below `/var/lib` for a system service. */
const STATE_FOLDER = "codexuse";
/** By this line a unit is known as ours; systemd itself passes over names that begin with `X-`. */
const MARK = "X-Codexuse=installed";
const OWNS = "X-CodexuseOwns=";
const GRACE_MS = 10_000;
const WATCHDOG_SECONDS = 60;

/** `%` begins a specifier everywhere in a unit. */
function plain(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One word in quotes; `$` begins a variable in commands only. */
function quote(text: string): string {
  return `"${plain(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function commandWord(text: string): string {
  const escaped = text.replaceAll("$", () => "$$");
  return /^[\w@/.:=+,-]+$/.test(text) ? plain(escaped) : quote(escaped);
}

const HARDENING = [
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallErrorNumber=EPERM",
  "UMask=0077",
  "# MemoryDenyWriteExecute stays off: the JavaScript engine compiles while it runs, and would be many times slower.",
];

/** What only the system's own manager can do: it may set up file systems and give up rights. */
const SYSTEM_HARDENING = [
  "CapabilityBoundingSet=",
  "AmbientCapabilities=",
  "PrivateDevices=yes",
  "PrivateTmp=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "# Sign-ins that are only linked lie in the homes of users: they are read, never written.",
  "ProtectHome=read-only",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectProc=invisible",
  "ProtectSystem=strict",
  "RemoveIPC=yes",
];

function unitSection(plan: ServicePlan): string[] {
  const waitsForNetwork = ["Wants=network-online.target", "After=network-online.target"];
  return [
    "[Unit]",
    "Description=codexuse: one local API over your Codex accounts",
    ...(plan.scope === "system" ? waitsForNetwork : []),
    "StartLimitIntervalSec=60",
    "StartLimitBurst=5",
    MARK,
    ...plan.owned.map((path) => `${OWNS}${plain(path)}`),
  ];
}

function environmentLines(plan: ServicePlan): string[] {
  const home: Record<string, string> = plan.home === null ? {} : { CODEXUSE_HOME: plan.home };
  const all = { ...home, ...RUNTIME_VARIABLES, ...plan.environment };
  return Object.entries(all).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`);
}

function placeLines(plan: ServicePlan): string[] {
  if (plan.home === null) return [`StateDirectory=${STATE_FOLDER}`, "StateDirectoryMode=0700"];
  return plan.scope === "system" ? [`ReadWritePaths=${quote(plan.home)}`] : [];
}

/**
 * A user's service goes on with the log of the home, which `daemon logs` shows. systemd would open that of a system service
 * as root, and nobody else could read it: there the journal has it.
 */
function logLines({ scope, home }: ServicePlan): string[] {
  return scope === "user" && home !== null ? [`StandardError=append:${plain(logPath(home, "daemon"))}`] : [];
}

function serviceSection(plan: ServicePlan): string[] {
  const words = [...plan.self, "daemon", "run", ...(plan.port === null ? [] : [`--port=${plan.port}`])];
  const credentials = Object.entries(plan.credentials).map(
    ([name, path]) => `LoadCredential=${name}:${plain(path ?? "")}`,
  );
  return [
    "[Service]",
    "Type=notify",
    "NotifyAccess=main",
    `ExecStart=${words.map(commandWord).join(" ")}`,
    ...(plan.user === null ? [] : [`User=${plan.user}`]),
    ...environmentLines(plan),
    ...placeLines(plan),
    ...credentials,
    ...logLines(plan),
    "Restart=on-failure",
    "RestartSec=2",
    "# A command line that is wrong stays wrong.",
    "RestartPreventExitStatus=2",
    `WatchdogSec=${WATCHDOG_SECONDS}`,
    `TimeoutStartSec=${Math.round((LIMITS.startWaitMs * 3) / 1_000)}`,
    "# Running turns may finish.",
    `TimeoutStopSec=${Math.round((LIMITS.drainMs + GRACE_MS) / 1_000)}`,
    "KillMode=mixed",
    ...HARDENING,
    ...(plan.scope === "system" ? SYSTEM_HARDENING : []),
  ];
}

function installSection(plan: ServicePlan): string[] {
  return ["[Install]", `WantedBy=${plan.scope === "system" ? "multi-user.target" : "default.target"}`];
}

/** The whole file. */
export function renderSystemdUnit(plan: ServicePlan): string {
  const sections = [unitSection(plan), serviceSection(plan), installSection(plan)];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

export interface InstalledUnit {
  readonly owned: readonly string[];
  /** Null for the state folder that systemd makes. */
  readonly home: string | null;
}

function unquote(text: string): string {
  return text.replace(/\\(.)/g, "$1").replaceAll("%%", "%");
}

/** What an installed unit says of itself; null when it is not of our making. */
export function readSystemdUnit(text: string): InstalledUnit | null {
  const lines = text.split("\n");
  if (!lines.includes(MARK)) return null;
  const owned = lines.filter((line) => line.startsWith(OWNS)).map((line) => line.slice(OWNS.length));
  const home = /^Environment="CODEXUSE_HOME=(.*)"$/m.exec(text)?.[1];
  return {
    owned: owned.map((path) => path.replaceAll("%%", "%")),
    home: home === undefined ? null : unquote(home),
  };
}
