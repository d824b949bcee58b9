/** `codexuse daemon uninstall`. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { placesOf, SERVICE_SCOPES, type ServiceScope } from "../../daemon/service-plan.ts";
import { openSystemctl } from "../../daemon/systemctl.ts";
import { readSystemdUnit, UNIT_NAME } from "../../daemon/systemd-unit.ts";
import { OperationError } from "../../operations/operation.ts";
import { answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { readInstalled, removeFolders } from "./install-service.ts";
import { isRoot, SCOPE_ARGUMENTS, scopeFlag } from "./service-target.ts";

/** The one that is there; both need a word on which is meant. */
function findScope(io: CommandIo, wanted: ServiceScope | null): ServiceScope | null {
  const found = SERVICE_SCOPES.filter((scope) => {
    const path = placesOf(scope, io.env, homedir()).unit;
    return existsSync(path) && readSystemdUnit(readFileSync(path, "utf8")) !== null;
  });
  if (wanted !== null) return wanted;
  if (found.length < 2) return found[0] ?? null;
  throw new OperationError("usage", "There is a service of yours and one of the machine.", "Say --user or --system.");
}

/** Everything that the installation brought, and nothing else. */
function removeService(io: CommandIo, scope: ServiceScope): boolean {
  const places = placesOf(scope, io.env, homedir());
  const text = readInstalled(places.unit);
  if (text === null) return false;
  if (scope === "system" && !isRoot()) {
    throw new OperationError("failed", "A service of the machine is removed by root.", "Use sudo.");
  }
  const systemctl = openSystemctl(scope, io.env);
  const stopped = systemctl("disable", "--now", UNIT_NAME);
  // Without systemd nothing runs and nothing is enabled: the files can go all the same.
  if (stopped.kind === "refused") throw new OperationError("failed", `systemd refused: ${stopped.text}`);
  rmSync(places.unit, { force: true });
  for (const path of readSystemdUnit(text)?.owned ?? []) rmSync(path, { force: true });
  removeFolders(scope, places);
  systemctl("daemon-reload");
  systemctl("reset-failed", UNIT_NAME);
  return true;
}

export const uninstall = defineLeaf({
  name: "uninstall",
  description: "Stop the service and remove it, leaving the home as it is",
  examples: ["codexuse daemon uninstall", "codexuse daemon uninstall --system"],
  args: {
    user: { ...SCOPE_ARGUMENTS.user, description: "The service of yours" },
    system: { ...SCOPE_ARGUMENTS.system, description: "The service of the whole machine" },
  },
  run(args, io) {
    if (process.platform !== "linux") {
      throw new OperationError("failed", "Only services of systemd are removed by this command.");
    }
    const scope = findScope(io, scopeFlag(args));
    const changed = scope !== null && removeService(io, scope);
    const text = changed ? "Service: installed → none" : "No service was installed; nothing was changed.";
    return answer({ scope, changed }, text, [
      changed ? "The home, its keys, sessions and settings stay as they are." : null,
    ]);
  },
});
