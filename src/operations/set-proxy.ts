/** Sends every call of a profile through a proxy of its own, or no longer. */
import { Type } from "typebox";
import { findProfile } from "./find-profile.ts";
import { defineOperation } from "./operation.ts";
import { parseProxy, shownProxy } from "./proxy-words.ts";
import { changeOf, nullable } from "./shapes.ts";

export const setProxy = defineOperation({
  name: "profile.proxy",
  summary: "Send a profile's calls through a proxy of its own",
  input: Type.Object({ name: Type.String({ minLength: 1 }), proxy: nullable(Type.String({ minLength: 1 })) }),
  output: changeOf(Type.Object({ name: Type.String(), proxy: nullable(Type.String()) })),
  changes: true,
  run(desk, input) {
    const settings = desk.settings();
    const { id, name, proxyUrl: before } = findProfile(settings, input.name);
    const proxyUrl = parseProxy(input.proxy);
    settings.updateProfile(id, { proxyUrl });
    return {
      changed: before !== proxyUrl,
      before: { name, proxy: shownProxy(before) },
      after: { name, proxy: shownProxy(proxyUrl) },
      untouched: "Turns that run now are finished the old way. Other profiles keep theirs.",
      hint: proxyUrl === null ? "Its calls go out as the environment says (HTTPS_PROXY, NO_PROXY)." : null,
    };
  },
});
