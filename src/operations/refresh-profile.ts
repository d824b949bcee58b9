/** Signs in again for a profile that is there, in place. */
import { Type } from "typebox";
import { refuseRenewal, renewLogin } from "../accounts/renew-login.ts";
import type { ProfileRecord } from "../ports.ts";
import { UNREADABLE_PROXY } from "../store/proxy-column.ts";
import { findProfile } from "./find-profile.ts";
import { defineOperation, OperationError } from "./operation.ts";
import { importDesk, refusalError, SavedSignIn, savedSignIn } from "./saved-profile.ts";
import { SignInFields, signIn } from "./sign-in.ts";

/** Signing in past the proxy that the owner has set is nothing to do in silence. */
function refuseUnreadableProxy({ name, proxyUrl }: ProfileRecord): void {
  if (proxyUrl !== UNREADABLE_PROXY) return;
  const hint = `Set it again first: codexuse profile proxy ${name} http://host:port (or none)`;
  throw new OperationError("failed", `The address of the proxy of "${name}" cannot be decrypted.`, hint);
}

export const refreshProfile = defineOperation({
  name: "profile.refresh",
  summary: "Sign in again for a profile, in place",
  input: Type.Object({ name: Type.String({ minLength: 1 }), ...SignInFields }),
  output: Type.Object({ profile: SavedSignIn, untouched: Type.String() }),
  changes: true,
  async run(desk, input, person) {
    const profile = findProfile(desk.settings(), input.name);
    const early = refuseRenewal(profile, input.method === "api-key" ? "api-key" : "chatgpt");
    if (early !== null) throw refusalError(null, early);
    refuseUnreadableProxy(profile);
    const save = (saved: Parameters<typeof renewLogin>[2]) => renewLogin(importDesk(desk), profile, saved);
    const result = await signIn(desk, input, { proxyUrl: profile.proxyUrl, save }, person);
    if (result.kind === "refused") throw refusalError(null, result);
    return {
      profile: savedSignIn(result),
      untouched: "Its name, place in the pool, reserve, proxy and sessions stay as they are.",
    };
  },
});
