/** What does a public name mean? Turns what the client asked for into upstream's model, effort and speed tier. */
import type { CatalogueModel } from "./catalogue.ts";
import { nearWords } from "./near-words.ts";

/** A public name of the owner's own. */
export interface Alias {
  readonly name: string;
  readonly model: string;
  readonly effort: string | null;
  readonly fast: boolean;
}

/** Everything that decides what names mean, at one instant. */
export interface NameTable {
  /** The union over the pool's accounts, or the bundled list. */
  readonly models: readonly CatalogueModel[];
  readonly hidden: ReadonlySet<string>;
  readonly aliases: readonly Alias[];
  /** Whether speed-biased variants are published. */
  readonly fast: boolean;
}

export interface ResolvedModel {
  readonly kind: "resolved";
  readonly publicName: string;
  readonly upstreamModel: string;
  /** Holds the client's effort at this level; null leaves it to the client. */
  readonly effort: string | null;
  readonly serviceTier: "priority" | null;
}

export type Resolution =
  | ResolvedModel
  /** `near`: published names close to it, best first. */
  | { readonly kind: "unknown"; readonly near: readonly string[] };

/** What a speed-biased variant of a name ends in. */
export const FAST_SUFFIX = "-fast";
const FAST_TIER = "priority";
const NEAR_MAX = 3;
const ULTRA = "ultra";

function publishedModel(table: NameTable, id: string): CatalogueModel | null {
  const model = table.models.find((entry) => entry.id === id);
  return model === undefined || table.hidden.has(id) ? null : model;
}

/** A base model, or a base model with one of its efforts behind a dash. */
function resolveBase(table: NameTable, name: string): Omit<ResolvedModel, "publicName"> | null {
  const whole = publishedModel(table, name);
  if (whole !== null) return { kind: "resolved", upstreamModel: whole.id, effort: null, serviceTier: null };
  const dash = name.lastIndexOf("-");
  const base = dash <= 0 ? null : publishedModel(table, name.slice(0, dash));
  const effort = name.slice(dash + 1);
  if (!base?.efforts.includes(effort)) return null;
  return { kind: "resolved", upstreamModel: base.id, effort: sentEffort(base, effort), serviceTier: null };
}

/** The top level is a name of the official client's own; what is sent for it stands in the model's entry. */
function sentEffort(model: CatalogueModel | undefined, effort: string): string {
  if (effort !== ULTRA) return effort;
  const own = model?.entry["multi_agent_reasoning_effort"];
  return typeof own === "string" && own !== ULTRA ? own : "max";
}

function resolveAlias(table: NameTable, name: string): Omit<ResolvedModel, "publicName"> | null {
  const alias = table.aliases.find((entry) => entry.name === name);
  if (alias === undefined) return null;
  const model = table.models.find((entry) => entry.id === alias.model);
  return {
    kind: "resolved",
    upstreamModel: alias.model,
    effort: alias.effort === null ? null : sentEffort(model, alias.effort),
    serviceTier: alias.fast ? FAST_TIER : null,
  };
}

function resolvePlain(table: NameTable, name: string): Omit<ResolvedModel, "publicName"> | null {
  return resolveAlias(table, name) ?? resolveBase(table, name);
}

function hasFastTier(table: NameTable, id: string): boolean {
  return table.models.some((model) => model.id === id && model.tiers.includes(FAST_TIER));
}

function meaningOf(table: NameTable, name: string): ResolvedModel | null {
  const plain = resolvePlain(table, name);
  if (plain !== null) return { ...plain, publicName: name };
  if (!table.fast || !name.endsWith(FAST_SUFFIX)) return null;
  const slow = resolvePlain(table, name.slice(0, -FAST_SUFFIX.length));
  if (slow === null || !hasFastTier(table, slow.upstreamModel)) return null;
  return { ...slow, serviceTier: FAST_TIER, publicName: name };
}

/** Owner's aliases first, then base models, then ready-made names; `-fast` on any of them while it is published. */
export function resolveModel(table: NameTable, name: string): Resolution {
  return meaningOf(table, name) ?? { kind: "unknown", near: nearNames(table, name) };
}

function plainNames(table: NameTable): string[] {
  const base = table.models.filter((model) => model.isListed && !table.hidden.has(model.id)).map((model) => model.id);
  // A base model may come up later under the name of an alias, which then stands for both.
  return [...new Set([...base, ...table.aliases.map((alias) => alias.name)])];
}

/** A name that is fast already gets no second suffix. */
function isSlow(table: NameTable, name: string): boolean {
  return resolvePlain(table, name)?.serviceTier === null;
}

/** The speed-biased variants that are published now; empty while they are off. */
export function fastNames(table: NameTable): string[] {
  const names = plainNames(table);
  return names
    .filter((name) => isSlow(table, name))
    .map((name) => `${name}${FAST_SUFFIX}`)
    .filter((name) => !names.includes(name) && meaningOf(table, name) !== null);
}

/** Every name in the published list, in the order it is shown. */
export function publishedNames(table: NameTable): string[] {
  return [...plainNames(table), ...fastNames(table)];
}

/** Published names that are a slip away from the one asked for, the nearest first. */
export function nearNames(table: NameTable, name: string): string[] {
  return nearWords(name, publishedNames(table), NEAR_MAX);
}
