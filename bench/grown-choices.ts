/** The choice among few and among many profiles, with few and with many sessions, on stores as a serving runtime has them. */
import { join } from "node:path";
import { openDesk } from "../src/app.ts";
import type { Figure } from "../src/bench/figures.ts";
import { fillHome, type Size } from "../src/bench/fill-home.ts";
import { gatherRuntimeWrites } from "../src/store/gathered-runtime.ts";
import { rememberSettings } from "../src/store/remembered-settings.ts";
import { aCredential, aProfile, aWindow } from "../test/support/records.ts";
import { measureChoice } from "./measure-growth.ts";

const SIZES: readonly Size[] = [
  { profiles: 2, sessions: 10, turns: 0 },
  { profiles: 20, sessions: 1_000, turns: 0 },
  { profiles: 200, sessions: 10_000, turns: 0 },
];

async function measureAt(home: string, size: Size): Promise<Figure> {
  const desk = await openDesk({ ...process.env, CODEXUSE_HOME: home });
  const gather = { clock: desk.clock, waitMs: 50, onTrouble: (error: unknown) => console.error(error) };
  const settings = rememberSettings(desk.settings(), gather);
  const runtime = gatherRuntimeWrites(desk.runtime("daemon"), gather);
  for (let at = 0; at < size.profiles; at += 1) {
    const names = { id: `profile-${at}`, name: `bench-${at}`, accountKey: `account-${at}`, workspaceId: `space-${at}` };
    settings.addProfile(aProfile({ ...names, createdAtMs: at }), aCredential());
    const observed = { usedPercent: at % 90, observedAtMs: desk.clock.now(), resetsAtMs: desk.clock.now() + 3_600_000 };
    settings.mergeWindows(names.accountKey, [aWindow(observed), aWindow({ ...observed, minutes: 10_080 })]);
  }
  fillHome(desk, "key-1", size);
  const what = `one choice, ${size.profiles} profiles and ${size.sessions.toLocaleString("en")} sessions`;
  const figure = measureChoice(what, { settings, runtime, clock: desk.clock });
  settings.close();
  runtime.close();
  return figure;
}

export async function measureGrownChoices(home: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES) figures.push(await measureAt(join(home, String(size.profiles)), size));
  return figures;
}
