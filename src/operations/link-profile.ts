/** Makes a profile of a sign-in that another program keeps: read when it changes, never refreshed. */
import { resolve } from "node:path";
import { Type } from "typebox";
import { linkAuthFile } from "../accounts/save-profile.ts";
import { defineOperation } from "./operation.ts";
import { parseProxy } from "./proxy-words.ts";
import { importDesk, refusalError, SavedProfile, savedProfile } from "./saved-profile.ts";
import { nullable } from "./shapes.ts";

export const linkProfile = defineOperation({
  name: "profile.link",
  summary: "Use another program's auth.json without taking it over",
  input: Type.Object({
    path: Type.String({ minLength: 1 }),
    name: nullable(Type.String({ minLength: 1 })),
    proxy: Type.Optional(nullable(Type.String({ minLength: 1 }))),
  }),
  output: Type.Object({ profile: SavedProfile, untouched: Type.String(), hint: nullable(Type.String()) }),
  changes: true,
  async run(desk, input) {
    const proxyUrl = parseProxy(input.proxy ?? null);
    const result = await linkAuthFile(importDesk(desk), { path: input.path, name: input.name, proxyUrl });
    if (result.kind === "refused") throw refusalError(resolve(input.path), result);
    const profile = savedProfile(result.profile.linkPath ?? resolve(input.path), result);
    const isNew = result.kind === "added";
    return {
      profile,
      untouched: "The file is only read, and read again when it changes; the other program goes on refreshing it.",
      hint: isNew ? `Next: codexuse account-pool profiles add ${profile.name}` : null,
    };
  },
});
