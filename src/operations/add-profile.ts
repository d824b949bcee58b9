/** Signs in anew and keeps it as a profile of its own. */
import { Type } from "typebox";
import { isProfileName } from "../accounts/profile-name.ts";
import { saveLogin } from "../accounts/save-login.ts";
import type { SettingsStore } from "../ports.ts";
import { defineOperation, OperationError } from "./operation.ts";
import { parseProxy } from "./proxy-words.ts";
import { importDesk, refusalError, SavedSignIn, savedSignIn } from "./saved-profile.ts";
import { nullable } from "./shapes.ts";
import { SignInFields, signIn } from "./sign-in.ts";

/** Of a sign-in with neither a name nor an e-mail address. */
const FALLBACK_NAME = "account";

/** Asked before anybody is sent to a browser. */
function refuseName(settings: SettingsStore, name: string): void {
  if (!isProfileName(name)) {
    const hint = "Up to 64 letters, digits and . _ - @ + are fine, a letter or digit first.";
    throw new OperationError("usage", `"${name}" cannot be a profile's name.`, hint);
  }
  if (settings.profileNamed(name) === null) return;
  const hint = `Choose another name, or sign in again in place: codexuse profile refresh ${name}`;
  throw new OperationError("conflict", `There is a profile "${name}" already.`, hint);
}

export const addProfile = defineOperation({
  name: "profile.add",
  summary: "Sign in and save it as a profile",
  /** Without a name the account's e-mail address gives it one; one that is saved already is signed in again. */
  input: Type.Object({
    name: nullable(Type.String({ minLength: 1 })),
    proxy: nullable(Type.String()),
    ...SignInFields,
  }),
  output: Type.Object({ profile: SavedSignIn, untouched: Type.String(), hint: nullable(Type.String()) }),
  changes: true,
  async run(desk, input, person) {
    const { name } = input;
    if (name !== null) refuseName(desk.settings(), name);
    const proxyUrl = parseProxy(input.proxy);
    const place = { name, fallbackName: name ?? FALLBACK_NAME, linkPath: null, isCopy: false, proxyUrl };
    const save = (saved: Parameters<typeof saveLogin>[1]) => saveLogin(importDesk(desk), saved, place);
    const result = await signIn(desk, input, { proxyUrl, save }, person);
    if (result.kind === "refused") throw refusalError(null, result);
    return {
      profile: savedSignIn(result),
      untouched: "Sign-ins of other programs and the pool stay as they are.",
      hint: `Next: codexuse account-pool profiles add ${result.profile.name}`,
    };
  },
});
