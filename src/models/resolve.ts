/** What does a public name mean? Turns what the client asked for into upstream's model, effort and speed tier. */
import type { CatalogueModel } from "./catalogue.ts";

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

const FAST_SUFFIX = "-fast";
const FAST_TIER = "priority";
const NEAR_MAX = 3;

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
  return { kind: "resolved", upstreamModel: base.id, effort, serviceTier: null };
}

function resolveAlias(table: NameTable, name: string): Omit<ResolvedModel, "publicName"> | null {
  const alias = table.aliases.find((entry) => entry.name === name);
  if (alias === undefined) return null;
  return {
    kind: "resolved",
    upstreamModel: alias.model,
    effort: alias.effort,
    serviceTier: alias.fast ? FAST_TIER : null,
  };
}

function resolvePlain(table: NameTable, name: string): Omit<ResolvedModel, "publicName"> | null {
  return resolveAlias(table, name) ?? resolveBase(table, name);
}

function hasFastTier(table: NameTable, id: string): boolean {
  return table.models.some((model) => model.id === id && model.tiers.includes(FAST_TIER));
}

/** Owner's aliases first, then base models, then ready-made names; `-fast` on any of them while it is published. */
export function resolveModel(table: NameTable, name: string): Resolution {
  const plain = resolvePlain(table, name);
  if (plain !== null) return { ...plain, publicName: name };
  if (table.fast && name.endsWith(FAST_SUFFIX)) {
    const slow = resolvePlain(table, name.slice(0, -FAST_SUFFIX.length));
    if (slow !== null && hasFastTier(table, slow.upstreamModel)) {
      return { ...slow, serviceTier: FAST_TIER, publicName: name };
    }
  }
  return { kind: "unknown", near: nearNames(table, name) };
}

/** Every name in the published list, in the order it is shown. */
export function publishedNames(table: NameTable): string[] {
  const base = table.models.filter((model) => model.isListed && !table.hidden.has(model.id)).map((model) => model.id);
  const names = [...base, ...table.aliases.map((alias) => alias.name)];
  if (!table.fast) return names;
  const fast = names
    .map((name) => `${name}${FAST_SUFFIX}`)
    .filter((name) => !names.includes(name) && resolveModel(table, name).kind === "resolved");
  return [...names, ...fast];
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Published names that a typo away: within a third of the length. */
export function nearNames(table: NameTable, name: string): string[] {
  const asked = name.slice(0, 100).toLowerCase();
  return publishedNames(table)
    .map((candidate) => ({ candidate, distance: editDistance(asked, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEAR_MAX)
    .map(({ candidate }) => candidate);
}
