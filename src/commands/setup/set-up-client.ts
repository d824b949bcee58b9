/**
 * Writes a client's configuration, or takes it back, and says what changes: what `setup codex` and `setup opencode` have
 * in common. The key is shown, never written.
 */
import { homedir } from "node:os";
import { type Desk, OperationError } from "../../operations/operation.ts";
import { showPoolStatus } from "../../operations/show-pool-status.ts";
import { RUNTIMES, type Runtime } from "../../ports.ts";
import {
  type ConfigPlace,
  carryOut,
  isChange,
  type Planned,
  planSetup,
  planUndo,
  putBack,
} from "../../setup/change-config.ts";
import type { PoolAddress, SetupClient } from "../../setup/client-edit.ts";
import { type ClientPlace, placeOfClient } from "../../setup/client-places.ts";
import { CONFIG_DISK } from "../../setup/config-disk.ts";
import { type DiffLine, diffLines } from "../../setup/line-diff.ts";
import { type Answer, answer } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { RUNTIME_ARGUMENT } from "../runtime-argument.ts";
import { paintWith, plainText, type Style } from "../terminal-text.ts";
import { exportLine, hasUsableKey, KEY_VARIABLE, type MadeKey, makeKey } from "./client-key.ts";

export const SETUP_ARGUMENTS = {
  runtime: { ...RUNTIME_ARGUMENT, description: "Runtime that the client is to use" },
  "dry-run": { type: "boolean", description: "Show what would change and change nothing" },
  undo: { type: "boolean", description: "Put the file back as it was before" },
} as const;

export interface SetupFlags {
  readonly runtime: Runtime;
  readonly "dry-run"?: boolean | undefined;
  readonly undo?: boolean | undefined;
}

interface Setting {
  readonly io: CommandIo;
  readonly desk: Desk;
  readonly client: ClientPlace;
  readonly place: ConfigPlace;
  readonly flags: SetupFlags;
}

type Plan = Extract<Planned, { kind: "planned" }>;

const MARK_STYLES: Readonly<Record<DiffLine["mark"], Style | null>> = {
  "+": "green",
  "-": "red",
  "…": "dim",
  " ": null,
};

function renderDiff(lines: readonly DiffLine[], io: CommandIo): string {
  const paint = paintWith(io.stdout.colours);
  return lines
    .map(({ mark, text }) => {
      const line = plainText(`${mark} ${text.replaceAll("\t", "  ")}`).trimEnd();
      const style = MARK_STYLES[mark];
      return style === null ? line : paint(style, line);
    })
    .join("\n");
}

function refuse(plan: Extract<Planned, { kind: "refused" }>): never {
  const byHand = plan.lines === "" ? null : `Add by hand:\n${plan.lines}`;
  throw new OperationError("failed", `${plan.path} was left as it is: ${plan.reason}.`, byHand);
}

function refuseMeanwhile(plan: Plan): never {
  throw new OperationError("conflict", `${plan.path} changed just now; nothing was written.`, "Try again.");
}

function textOf(bytes: Buffer | null): string {
  return bytes?.toString("utf8") ?? "";
}

function describe({ client, flags, io }: Setting, plan: Plan, changed: boolean) {
  const lines = diffLines(textOf(plan.current), textOf(plan.after));
  const document = {
    client: client.client,
    path: plan.path,
    changed,
    dry_run: flags["dry-run"] === true,
    diff: lines.map(({ mark, text }) => `${mark}${text}`),
  };
  return { document, text: renderDiff(lines, io) };
}

async function poolAddress({ desk, flags }: Setting): Promise<PoolAddress> {
  const status = await showPoolStatus.run(desk, { runtime: flags.runtime, port: null });
  return { baseUrl: status.base_url, keyVariable: KEY_VARIABLE, models: status.models };
}

/** Made only when it is needed: none in the environment, and none made for this file before. */
async function keyFor({ io, desk, client, flags }: Setting, plan: Plan): Promise<MadeKey | null> {
  if (hasUsableKey(io, desk, flags.runtime)) return null;
  const earlier = desk
    .runtime(flags.runtime)
    .keys()
    .find((key) => key.id === plan.entry?.keyId);
  const isThere = earlier !== undefined && earlier.revokedAtMs === null;
  return isThere ? null : await makeKey(desk, flags.runtime, client.client);
}

function keyNotes(made: MadeKey | null, usable: boolean, runtime: Runtime): string[] {
  if (made !== null) return ["Keep the key now: it is shown this once. Put its line into your shell's profile."];
  if (usable) return [`The key in ${KEY_VARIABLE} goes on to be used.`];
  const create = `codexuse account-pool keys create --runtime=${runtime}`;
  return [`The key made for it before goes on to work, as ${KEY_VARIABLE}. Lost it? ${create}`];
}

async function apply(setting: Setting, notes: readonly string[]): Promise<Answer> {
  const { io, desk, client, place, flags } = setting;
  const plan = planSetup(place, await poolAddress(setting));
  if (plan.kind === "refused") return refuse(plan);
  const changed = isChange(plan);
  const { document, text } = describe(setting, plan, changed && flags["dry-run"] !== true);
  if (flags["dry-run"] === true) {
    const said = changed ? `${plan.path} would change as shown. Nothing was written.` : "Nothing would change.";
    return answer({ ...document, key: null }, text, [said]);
  }
  const key = await keyFor(setting, plan);
  if ((changed || key !== null) && !carryOut(place, plan, key?.id ?? null)) {
    // Nobody has seen it, so nobody can use it.
    if (key !== null) desk.runtime(flags.runtime).revokeKey(key.id, io.clock.now());
    refuseMeanwhile(plan);
  }
  const shown = key === null ? "" : exportLine(KEY_VARIABLE, key.key);
  const usable = hasUsableKey(io, desk, flags.runtime);
  return answer({ ...document, key }, [text, shown].filter((part) => part !== "").join("\n\n"), [
    changed ? `${client.title}: ${plan.path} now names the pool.` : `${client.title} was set up before, just so.`,
    ...keyNotes(key, usable, flags.runtime),
    ...(changed ? [...notes, `Sign-ins are untouched. Back: codexuse setup ${client.client} --undo`] : []),
  ]);
}

/** A key may be in use elsewhere by now, so it stays unless its owner says so. */
function revokeNote({ desk }: Setting, plan: Plan): string | null {
  const keyId = plan.entry?.keyId ?? null;
  const runtime = RUNTIMES.find((name) =>
    desk
      .runtime(name)
      .keys()
      .some((key) => key.id === keyId && key.revokedAtMs === null),
  );
  if (runtime === undefined) return null;
  return `Its key still works. To end that: codexuse account-pool keys revoke ${keyId} --runtime=${runtime} --yes`;
}

function takeBack(setting: Setting): Answer {
  const { place, flags } = setting;
  const plan = planUndo(place);
  if (plan.kind === "refused") return refuse(plan);
  const changed = isChange(plan);
  const { document, text } = describe(setting, plan, changed && flags["dry-run"] !== true);
  if (flags["dry-run"] === true) return answer({ ...document, key: null }, text, ["Nothing was written."]);
  if (!putBack(place, plan)) refuseMeanwhile(plan);
  return answer({ ...document, key: null }, text, [
    changed ? `${plan.path} is as it was before.` : "There was nothing to take back.",
    revokeNote(setting, plan),
  ]);
}

/** `notes` are what the owner of this client should know besides. */
export async function setUpClient(
  io: CommandIo,
  client: SetupClient,
  flags: SetupFlags,
  notes: readonly string[],
): Promise<Answer> {
  const desk = await io.doors.openDesk(io.env);
  const found = placeOfClient(client, io.env, homedir());
  const place: ConfigPlace = { disk: CONFIG_DISK, home: desk.home, client, editor: found.editor, path: found.path };
  const setting: Setting = { io, desk, client: found, place, flags };
  return flags.undo === true ? takeBack(setting) : await apply(setting, notes);
}
