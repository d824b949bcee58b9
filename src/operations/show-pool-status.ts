/** How the pool stands: its settings, the runtime that serves it, and every profile. */
import { Type } from "typebox";
import { publishedNames } from "../models/resolve.ts";
import { ROUTINGS, type Runtime } from "../ports.ts";
import { readNameTable } from "./name-table.ts";
import { defineOperation, type Presence } from "./operation.ts";
import { ProfileView } from "./profile-view.ts";
import { readProfiles } from "./read-profiles.ts";
import { baseUrlOf } from "./runtime-address.ts";
import { nullable, RuntimeName } from "./shapes.ts";

interface Standing {
  readonly enabled: boolean;
  readonly runtime: Runtime;
  readonly presence: Presence;
  readonly keys: number;
  readonly profiles: readonly ProfileView[];
}

/** The first thing in the way of serving; null when nothing is. */
function nextStepFor(standing: Standing): string | null {
  const { profiles, runtime } = standing;
  const selected = profiles.filter((profile) => profile.selected);
  const [unable] = selected;
  if (profiles.length === 0) return "Save a sign-in first: codexuse profile import <auth.json>";
  if (unable === undefined) return "Choose who is in the pool: codexuse account-pool profiles add <profile>";
  if (!standing.enabled) return "The pool is off: codexuse account-pool enable";
  if (selected.every((profile) => profile.state === "needs-sign-in" || profile.state === "disabled")) {
    return `No profile of the pool is signed in. Sign in again, then: codexuse profile import <auth.json> --name=${unable.name}`;
  }
  if (standing.keys === 0) return `Make a key for your client: codexuse account-pool keys create --runtime=${runtime}`;
  if (standing.presence.running) return null;
  return runtime === "daemon" ? "Start it: codexuse daemon start" : "Start it: codexuse desktop";
}

export const showPoolStatus = defineOperation({
  name: "account-pool.status",
  summary: "Show how the pool and its profiles stand",
  input: Type.Object({ runtime: RuntimeName, port: nullable(Type.Integer({ minimum: 0, maximum: 65_535 })) }),
  output: Type.Object({
    enabled: Type.Boolean(),
    runtime: RuntimeName,
    running: Type.Boolean(),
    pid: nullable(Type.Number()),
    port: Type.Number(),
    base_url: Type.String(),
    routing: Type.Enum([...ROUTINGS]),
    fast: Type.Boolean(),
    keys: Type.Number(),
    sessions: Type.Number(),
    models: Type.Array(Type.String()),
    profiles: Type.Array(ProfileView),
    hint: nullable(Type.String()),
  }),
  changes: false,
  async run(desk, input) {
    const settings = desk.settings();
    const store = desk.runtime(input.runtime);
    const presence = await desk.presence(input.runtime, input.port);
    const { enabled, routing, fast } = settings.pool();
    const keys = store.keys().filter((key) => key.revokedAtMs === null).length;
    const profiles = readProfiles(desk);
    return {
      enabled,
      runtime: input.runtime,
      running: presence.running,
      pid: presence.pid,
      port: presence.port,
      base_url: baseUrlOf(presence.port),
      routing,
      fast,
      keys,
      sessions: store.sessionCount(),
      models: publishedNames(readNameTable(settings)),
      profiles,
      hint: nextStepFor({ enabled, runtime: input.runtime, presence, keys, profiles }),
    };
  },
});
