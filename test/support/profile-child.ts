/**
 * A process of its own that does one thing with a profile and ends itself with SIGKILL at its n-th step: before or after
 * a write to the store, a file of a key, or a call upstream. `bun profile-child.ts <options as JSON>` prints how many
 * steps there were when it lives to the end.
 */
import { openDesk } from "../../src/app.ts";
import { addProfile } from "../../src/operations/add-profile.ts";
import type { Desk, Person } from "../../src/operations/operation.ts";
import { refreshProfile } from "../../src/operations/refresh-profile.ts";
import { rekeyStore } from "../../src/operations/rekey-store.ts";
import { removeProfile } from "../../src/operations/remove-profile.ts";
import type { SettingsStore, Upstream } from "../../src/ports.ts";
import { openSystemKeyring } from "../../src/store/keyring.ts";
import { openMasterKeys } from "../../src/store/master-key.ts";
import { DISK_KEY_FILES, finishRekey, type KeyFiles, rekey } from "../../src/store/rekey.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";

export const CHILD_ACTIONS = ["add", "refresh", "rekey", "remove"] as const;
export type ChildAction = (typeof CHILD_ACTIONS)[number];

export interface ProfileChildOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  readonly action: ChildAction;
  /** From 1; a number past the last step lets it live. */
  readonly killAt: number;
}

type Step = () => void;

function around<Args extends unknown[], Result>(
  step: Step,
  method: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    step();
    const result = method(...args);
    step();
    return result;
  };
}

function deadlySettings(settings: SettingsStore, step: Step): SettingsStore {
  return {
    ...settings,
    addProfile: around(step, settings.addProfile),
    updateProfile: around(step, settings.updateProfile),
    removeProfile: around(step, settings.removeProfile),
    writeCredential: around(step, settings.writeCredential),
    // Generic, so written out; the steps within it are in the middle of the transaction.
    holdKeys: (work) => {
      step();
      const answer = settings.holdKeys((vault) => work({ ...vault, resealAll: around(step, vault.resealAll) }));
      step();
      return answer;
    },
  };
}

function deadlyFiles(step: Step): KeyFiles {
  return {
    writeNext: around(step, DISK_KEY_FILES.writeNext),
    takeOver: around(step, DISK_KEY_FILES.takeOver),
    dropNext: around(step, DISK_KEY_FILES.dropNext),
  };
}

function deadlyUpstream(upstream: Upstream, step: Step): Upstream {
  return {
    async send(request, signal) {
      step();
      const answer = await upstream.send(request, signal);
      step();
      return answer;
    },
  };
}

async function deadlyDesk({ env, home }: ProfileChildOptions, step: Step): Promise<Desk> {
  const desk = await openDesk(env);
  const keyring = openSystemKeyring();
  const keys = await openMasterKeys(home, env, keyring);
  const own = openSettingsStore(home, { sealer: createSealer(keys) });
  finishRekey(home, own);
  const settings = deadlySettings(own, step);
  return {
    ...desk,
    settings: () => settings,
    upstream: () => deadlyUpstream(desk.upstream(), step),
    rekey: (to) => rekey({ home, settings, keys, keyring, files: deadlyFiles(step) }, to),
  };
}

async function* noLines(): AsyncGenerator<string> {
  yield* [];
}

const NOBODY: Person = {
  invite: () => undefined,
  tell: () => undefined,
  lines: noLines(),
  signal: new AbortController().signal,
};

async function act(desk: Desk, action: ChildAction): Promise<void> {
  const device = { method: "device", secret: null, timeout_s: null } as const;
  switch (action) {
    case "add":
      await addProfile.run(desk, { name: "work", proxy: null, ...device }, NOBODY);
      return;
    case "refresh":
      await refreshProfile.run(desk, { name: "work", ...device }, NOBODY);
      return;
    case "rekey":
      await rekeyStore.run(desk, { key_in: null });
      return;
    case "remove":
      await removeProfile.run(desk, { name: "work", revoke: true });
      return;
  }
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? "{}") as ProfileChildOptions;
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps === options.killAt) process.kill(process.pid, "SIGKILL");
  };
  // Clock timers let a process end; this one has work to do.
  const alive = setInterval(() => undefined, 60_000);
  await act(await deadlyDesk(options, step), options.action);
  clearInterval(alive);
  console.log(String(steps));
  process.exit(0);
}
