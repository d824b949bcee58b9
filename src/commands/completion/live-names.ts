/** Which names are there now, for a word that stands for one? Reads the stores that are there and makes none. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listAliases } from "../../operations/edit-aliases.ts";
import { listKeys } from "../../operations/list-keys.ts";
import { listModels } from "../../operations/list-models.ts";
import { listProfiles } from "../../operations/list-profiles.ts";
import { listSessions } from "../../operations/list-sessions.ts";
import type { Desk } from "../../operations/operation.ts";
import type { Runtime } from "../../ports.ts";
import type { Candidate } from "./candidates.ts";

export const NAME_KINDS = ["profile", "base-model", "model", "alias", "key", "session", "path"] as const;
/** What a word may name. `path` is left to the shell. */
export type NameKind = (typeof NAME_KINDS)[number];

/** Words and flags of commands that name something; all others are free text. Keys: the command's words, then its own. */
export const NAMED: Readonly<Record<string, Readonly<Record<string, NameKind>>>> = {
  "account-pool profiles add": { profile: "profile" },
  "account-pool profiles remove": { profile: "profile" },
  "account-pool models expose": { id: "base-model" },
  "account-pool models hide": { id: "base-model" },
  "account-pool aliases add": { model: "base-model" },
  "account-pool aliases remove": { name: "alias" },
  "account-pool keys revoke": { id: "key" },
  "account-pool sessions show": { id: "session" },
  "account-pool sessions end": { id: "session" },
  "account-pool explain": { id: "session" },
  "profile import": { path: "path" },
  "profile link": { path: "path" },
  "profile export": { name: "profile" },
  "profile proxy": { name: "profile" },
  "profile refresh": { name: "profile" },
  "profile remove": { name: "profile" },
  "profile rename": { old: "profile" },
  "profile reserve": { name: "profile" },
};

async function readNames(kind: NameKind, desk: Desk, runtime: Runtime): Promise<Candidate[]> {
  switch (kind) {
    case "profile": {
      const { profiles } = await listProfiles.run(desk, {});
      return profiles.map(({ name, state, plan }) => ({ value: name, description: [plan, state].join(" ").trim() }));
    }
    case "base-model":
    case "model": {
      const { models } = await listModels.run(desk, {});
      const meant = models.filter((model) => kind === "model" || model.kind === "base");
      return meant.map(({ id, exposed }) => ({ value: id, description: exposed ? "" : "hidden" }));
    }
    case "alias": {
      const { aliases } = await listAliases.run(desk, {});
      return aliases.map(({ name, model }) => ({ value: name, description: model }));
    }
    case "key": {
      const { keys } = await listKeys.run(desk, { runtime });
      return keys.map(({ id, name }) => ({ value: id, description: name }));
    }
    case "session": {
      const { sessions } = await listSessions.run(desk, { runtime });
      return sessions.map(({ id, model }) => ({ value: id, description: model }));
    }
    case "path":
      return [];
  }
}

/** Empty where nothing was saved yet. */
export async function liveNames(kind: NameKind, desk: Desk, runtime: Runtime): Promise<Candidate[]> {
  const file = kind === "key" || kind === "session" ? `${runtime}.sqlite` : "settings.sqlite";
  return existsSync(join(desk.home, file)) ? await readNames(kind, desk, runtime) : [];
}
