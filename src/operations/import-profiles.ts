/** Copies sign-ins from a file or a folder and becomes their owner. */
import { Type } from "typebox";
import { type ImportedFile, importAuthFolder } from "../accounts/save-profile.ts";
import { defineOperation } from "./operation.ts";
import { parseProxy } from "./proxy-words.ts";
import { importDesk, refusalError, SavedProfile, savedProfile } from "./saved-profile.ts";
import { nullable } from "./shapes.ts";

const Refusal = Type.Object({ path: Type.String(), code: Type.String(), reason: Type.String(), hint: Type.String() });

/** A refusal is an error only when nothing at all could be saved: folders hold all kinds of files. */
function sortOut(imported: readonly ImportedFile[]) {
  const profiles: SavedProfile[] = [];
  const refused: { path: string; code: string; reason: string; hint: string }[] = [];
  for (const { path, result } of imported) {
    if (result.kind !== "refused") profiles.push(savedProfile(path, result));
    else refused.push({ path, code: result.code, reason: result.reason, hint: result.hint });
  }
  const [first] = imported;
  if (profiles.length === 0 && first?.result.kind === "refused") throw refusalError(first.path, first.result);
  return { profiles, refused };
}

export const importProfiles = defineOperation({
  name: "profile.import",
  summary: "Copy a sign-in from an auth.json and look after it from now on",
  input: Type.Object({
    path: Type.String({ minLength: 1 }),
    name: nullable(Type.String({ minLength: 1 })),
    /** For every call of what is imported, from the first one on. */
    proxy: Type.Optional(nullable(Type.String({ minLength: 1 }))),
  }),
  output: Type.Object({
    profiles: Type.Array(SavedProfile),
    refused: Type.Array(Refusal),
    untouched: Type.String(),
    hint: nullable(Type.String()),
  }),
  changes: true,
  async run(desk, input) {
    const { path, name } = input;
    const proxyUrl = parseProxy(input.proxy ?? null);
    const sorted = sortOut(await importAuthFolder(importDesk(desk), { path, name, proxyUrl }));
    const added = sorted.profiles.filter((profile) => profile.outcome === "added").map((profile) => profile.name);
    return {
      ...sorted,
      untouched: "The files and the pool stay as they are.",
      hint: added.length === 0 ? null : `Next: codexuse account-pool profiles add ${added.join(" ")}`,
    };
  },
});
