/**
 * Which service is meant: of whom, where, and with what? Reads the flags, the environment and which files are there;
 * changes nothing.
 */
import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import {
  CREDENTIALS,
  type CredentialName,
  passedEnvironment,
  placesOf,
  type ServicePlaces,
  type ServicePlan,
  type ServiceScope,
} from "../../daemon/service-plan.ts";
import { type Desk, OperationError } from "../../operations/operation.ts";
import type { CommandIo } from "../command-io.ts";

export const SCOPE_ARGUMENTS = {
  user: { type: "boolean", description: "A service of yours (default unless you are root)" },
  system: { type: "boolean", description: "A service of the whole machine (default for root)" },
} as const;

/** Where systemd puts the state folder of a system service. */
export const SYSTEM_HOME = "/var/lib/codexuse";

interface ScopeFlags {
  readonly user?: boolean | undefined;
  readonly system?: boolean | undefined;
}

/** Null when neither flag was given. */
export function scopeFlag(flags: ScopeFlags): ServiceScope | null {
  if (flags.user === true && flags.system === true) {
    throw new OperationError("usage", "--user and --system exclude each other.");
  }
  if (flags.user === true) return "user";
  return flags.system === true ? "system" : null;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function scopeOf(flags: ScopeFlags): ServiceScope {
  return scopeFlag(flags) ?? (isRoot() ? "system" : "user");
}

export interface ServiceTarget {
  readonly plan: ServicePlan;
  readonly places: ServicePlaces;
  /** Where the daemon's files are, whoever makes the folder. */
  readonly home: string;
  /** Names of variables that do not go along, because everybody could read them. */
  readonly withheld: readonly string[];
}

/** Files to hand over that are there, or that the installation is about to write. */
function credentialsIn(folder: string, written: readonly CredentialName[]): ServicePlan["credentials"] {
  const present = CREDENTIALS.filter((name) => written.includes(name) || existsSync(join(folder, name)));
  return Object.fromEntries(present.map((name) => [name, join(folder, name)]));
}

/** Who a system service runs as: whoever called `sudo`, whose the state folder becomes; root itself needs no line. */
function serviceUser(scope: ServiceScope, io: CommandIo): string | null {
  const caller = io.env["SUDO_USER"] ?? "";
  return scope === "system" && caller !== "" && caller !== "root" ? caller : null;
}

interface TargetOptions {
  readonly scope: ServiceScope;
  readonly port: number | null;
  /** Path of a token's file to hand over as it is; null when there is none. */
  readonly tokenFile: string | null;
  /** Whether a token is to be written. */
  readonly writesToken: boolean;
}

export function describeTarget(io: CommandIo, desk: Desk, options: TargetOptions): ServiceTarget {
  const { scope, port, tokenFile, writesToken } = options;
  const places = placesOf(scope, io.env, homedir());
  const chosen = io.env["CODEXUSE_HOME"] ? desk.home : null;
  // A service of one's own serves the home that the command line works on.
  const home = scope === "user" ? desk.home : chosen;
  const { passed, withheld } = passedEnvironment(io.env);
  const token = tokenFile === null ? {} : { "telegram-bot-token": resolve(tokenFile) };
  const plan: ServicePlan = {
    scope,
    self: io.self,
    home,
    port,
    user: serviceUser(scope, io),
    environment: passed,
    credentials: { ...credentialsIn(places.credentials, writesToken ? ["telegram-bot-token"] : []), ...token },
    owned: writesToken ? [join(places.credentials, "telegram-bot-token")] : [],
  };
  return { plan, places, home: home ?? SYSTEM_HOME, withheld };
}

/** Whether a user's services go on without anybody signed in. */
export function isLingering(): boolean {
  return existsSync(join("/var/lib/systemd/linger", userInfo().username));
}
