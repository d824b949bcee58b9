/** Where does a client keep its configuration? Answers what the client itself would look for; reads nothing but names. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Environment } from "../ports.ts";
import type { ClientEditor, SetupClient } from "./client-edit.ts";
import { CODEX_EDITOR } from "./edit-codex-config.ts";
import { OPENCODE_EDITOR } from "./edit-opencode-config.ts";

export interface ClientPlace {
  readonly client: SetupClient;
  /** As people call it. */
  readonly title: string;
  readonly path: string;
  readonly editor: ClientEditor;
}

function codexConfig(env: Environment, homedir: string): string {
  return join(resolve(env["CODEX_HOME"] || join(homedir, ".codex")), "config.toml");
}

function opencodeConfig(env: Environment, homedir: string): string {
  if (env["OPENCODE_CONFIG"]) return resolve(env["OPENCODE_CONFIG"]);
  const folder = join(env["XDG_CONFIG_HOME"] || join(homedir, ".config"), "opencode");
  const names = ["opencode.jsonc", "opencode.json"].map((name) => join(folder, name));
  return names.find((path) => existsSync(path)) ?? join(folder, "opencode.json");
}

/** `homedir` is the user's. */
export function placeOfClient(client: SetupClient, env: Environment, homedir: string): ClientPlace {
  if (client === "codex") return { client, title: "Codex", path: codexConfig(env, homedir), editor: CODEX_EDITOR };
  return { client, title: "opencode", path: opencodeConfig(env, homedir), editor: OPENCODE_EDITOR };
}
