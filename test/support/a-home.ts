/** Homes on the disk with something in them, and what stands in them. */
import { join } from "node:path";
import { readMasterKey } from "../../src/store/master-key.ts";
import { finishRestore } from "../../src/store/restore-home.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { aCredential, aKey, aProfile, aSession } from "./records.ts";

export interface HomeContent {
  readonly profiles: readonly string[];
  readonly tokens: readonly string[];
  readonly keys: readonly string[];
  readonly sessions: readonly string[];
}

/** Makes a home whose every name begins with `mark`. Returns what `readHome` will find. */
export function fillHome(home: string, mark: string): HomeContent {
  const settings = openSettingsStore(home, { sealer: createSealer(readMasterKey(home, {})) });
  const profile = aProfile({ id: `${mark}-id`, name: `${mark}-work` });
  settings.addProfile(profile, aCredential({ refreshToken: `${mark}-refresh` }));
  settings.updatePool({ enabled: true });
  settings.close();
  const store = openRuntimeStore(home, "daemon");
  store.addKey(aKey({ id: `${mark}-key` }));
  store.saveSession(aSession({ id: `${mark}-session`, keyId: `${mark}-key`, profileId: profile.id }));
  store.saveResponse(
    { keyId: `${mark}-key`, id: "resp_1", savedAtMs: 1, response: '"what was said"', input: "[]", itemIds: ["item"] },
    1_000_000,
  );
  store.close();
  return readHome(home);
}

/** As a program that is started now would find it. */
export function readHome(home: string): HomeContent {
  finishRestore(home);
  const settings = openSettingsStore(home, { sealer: createSealer(readMasterKey(home, {})) });
  const store = openRuntimeStore(home, "daemon");
  try {
    const profiles = settings.profiles();
    const credentials = profiles.map(({ id }) => settings.credential(id)?.credential);
    return {
      profiles: profiles.map(({ name }) => name),
      tokens: credentials.map((credential) => (credential?.kind === "chatgpt" ? (credential.refreshToken ?? "") : "")),
      keys: store.keys().map(({ id }) => id),
      sessions: store.sessions().map(({ id }) => id),
    };
  } finally {
    settings.close();
    store.close();
  }
}

export const RESTORE_CHILD = join(import.meta.dir, "restore-child.ts");
