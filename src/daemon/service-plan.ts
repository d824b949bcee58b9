/**
 * What would it mean to run the daemon as a service of the system? The facts that a unit, a property list or a task are
 * written from, and where their files go. Pure; touches no file.
 */
import { join } from "node:path";
import type { Environment } from "../ports.ts";

export const SERVICE_SCOPES = ["user", "system"] as const;
/** `user`: while its owner is signed in, or always with lingering. `system`: from the start of the machine on. */
export type ServiceScope = (typeof SERVICE_SCOPES)[number];

/** Files that the service manager hands to the daemon, by their names in `$CREDENTIALS_DIRECTORY`. */
export const CREDENTIALS = ["telegram-bot-token", "master-key"] as const;
export type CredentialName = (typeof CREDENTIALS)[number];

export interface ServicePlan {
  readonly scope: ServiceScope;
  /** Executable and, from source, its script. */
  readonly self: readonly string[];
  /** Null for the state folder that the service manager makes. */
  readonly home: string | null;
  /** Null for the remembered or default port. */
  readonly port: number | null;
  /** Who a system service runs as; null for whoever the service manager runs as. */
  readonly user: string | null;
  /** Besides `CODEXUSE_HOME`: bases and proxies. */
  readonly environment: Readonly<Record<string, string>>;
  /** Paths of the files to hand over. */
  readonly credentials: Readonly<Partial<Record<CredentialName, string>>>;
  /** Files that came with the service and go with it. */
  readonly owned: readonly string[];
}

export interface ServicePlaces {
  readonly unit: string;
  /** Folder of the files to hand over. */
  readonly credentials: string;
}

/** Where systemd looks for units of one's own. `homedir` is the user's. */
export function placesOf(scope: ServiceScope, env: Environment, homedir: string): ServicePlaces {
  if (scope === "system") return { unit: "/etc/systemd/system/codexuse.service", credentials: "/etc/codexuse" };
  const config = env["XDG_CONFIG_HOME"] || join(homedir, ".config");
  return { unit: join(config, "systemd", "user", "codexuse.service"), credentials: join(config, "codexuse") };
}

const PASSED = [
  "CODEXUSE_CHATGPT_URL",
  "CODEXUSE_AUTH_URL",
  "CODEXUSE_OPENAI_URL",
  "CODEXUSE_TELEGRAM_URL",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
] as const;

function hasPassword(value: string): boolean {
  return URL.canParse(value) && new URL(value).password !== "";
}

/**
 * What of the environment goes along: the daemon is started without it otherwise. Everybody may read a unit, so a value
 * with a password stays out, and its name is in `withheld`.
 */
export function passedEnvironment(env: Environment): {
  readonly passed: Readonly<Record<string, string>>;
  readonly withheld: readonly string[];
} {
  const set = PASSED.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return {
    passed: Object.fromEntries(set.filter(([, value]) => !hasPassword(value))),
    withheld: set.filter(([, value]) => hasPassword(value)).map(([name]) => name),
  };
}
