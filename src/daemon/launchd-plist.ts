/** How does the daemon look as an agent of macOS's launchd? Pure. Its form is tested, but it has never run on a Mac. */
import { join } from "node:path";
import { RUNTIME_VARIABLES } from "./launch-runtime.ts";
import { logPath } from "./runtime-log.ts";
import type { ServicePlan } from "./service-plan.ts";
import { escapeXml } from "./xml-text.ts";

const AGENT_LABEL = "dev.codexuse.daemon";

type Value = string | boolean | number | readonly string[] | { readonly [name: string]: Value };

export function agentPath(homedir: string): string {
  return join(homedir, "Library", "LaunchAgents", `${AGENT_LABEL}.plist`);
}

function valueXml(value: Value, indent: string): string {
  if (typeof value === "string") return `${indent}<string>${escapeXml(value)}</string>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  const inner = `${indent}  `;
  if (isList(value)) {
    return [`${indent}<array>`, ...value.map((entry) => valueXml(entry, inner)), `${indent}</array>`].join("\n");
  }
  const lines = Object.entries(value).flatMap(([name, entry]) => [
    `${inner}<key>${escapeXml(name)}</key>`,
    valueXml(entry, inner),
  ]);
  return [`${indent}<dict>`, ...lines, `${indent}</dict>`].join("\n");
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

/** The whole file, to go to `agentPath`. `home` must be known: launchd makes no state folder. */
export function renderLaunchdPlist(plan: ServicePlan & { readonly home: string }): string {
  const words = [...plan.self, "daemon", "run", ...(plan.port === null ? [] : [`--port=${plan.port}`])];
  const agent: Value = {
    Label: AGENT_LABEL,
    ProgramArguments: words,
    EnvironmentVariables: { CODEXUSE_HOME: plan.home, ...RUNTIME_VARIABLES, ...plan.environment },
    RunAtLoad: true,
    // Comes up again after a crash, stays down after `daemon stop`.
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: 40,
    ProcessType: "Background",
    Umask: 0o077,
    StandardErrorPath: logPath(plan.home, "daemon"),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    valueXml(agent, ""),
    "</plist>",
    "",
  ].join("\n");
}
