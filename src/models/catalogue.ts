/** Which upstream models are there, and what can each do? Reads upstream's entries; keeps who offers what. */

export interface CatalogueModel {
  readonly id: string;
  /** Reasoning levels it takes; empty when upstream does not say. */
  readonly efforts: readonly string[];
  readonly defaultEffort: string | null;
  /** Speed tiers, by the id sent as `service_tier`. */
  readonly tiers: readonly string[];
  readonly isListed: boolean;
  /** Upstream's entry, unchanged, for clients that read it. */
  readonly entry: Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function namesIn(list: unknown, member: string): string[] {
  if (!Array.isArray(list)) return [];
  return list
    .map((entry: unknown) =>
      typeof entry === "object" && entry !== null ? textOf(Reflect.get(entry, member)) : textOf(entry),
    )
    .filter((name) => name !== null);
}

/** One entry of a ChatGPT catalogue (`slug`) or of the public list (`id`); null when it has neither. */
export function readCatalogueModel(entry: Readonly<Record<string, unknown>>): CatalogueModel | null {
  const id = textOf(entry["slug"]) ?? textOf(entry["id"]);
  if (id === null) return null;
  return {
    id,
    efforts: namesIn(entry["supported_reasoning_levels"], "effort"),
    defaultEffort: textOf(entry["default_reasoning_level"]),
    tiers: namesIn(entry["service_tiers"], "id"),
    isListed: entry["visibility"] !== "hide",
    entry,
  };
}

export function readCatalogue(entries: readonly Readonly<Record<string, unknown>>[]): CatalogueModel[] {
  return entries.map(readCatalogueModel).filter((model) => model !== null);
}

/**
 * The union over accounts, first seen first. A richer entry of the same id, which is a ChatGPT catalogue's, replaces a
 * bare one: the public list says nothing of efforts and tiers.
 */
export function mergeCatalogues(catalogues: readonly (readonly CatalogueModel[])[]): CatalogueModel[] {
  const merged = new Map<string, CatalogueModel>();
  for (const model of catalogues.flat()) {
    const known = merged.get(model.id);
    if (known === undefined || (known.efforts.length === 0 && model.efforts.length > 0)) merged.set(model.id, model);
  }
  return [...merged.values()];
}
