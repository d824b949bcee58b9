/** What do public names mean now? Gathers the pool's catalogues and the owner's choices from the settings. */
import { BUNDLED_CATALOGUE } from "../models/bundled.ts";
import { type CatalogueModel, mergeCatalogues, readCatalogue } from "../models/catalogue.ts";
import type { NameTable } from "../models/resolve.ts";
import type { SettingsStore } from "../ports.ts";

/** The union over the selected accounts; the bundled list until one of their catalogues has been read. */
function poolModels(settings: SettingsStore): readonly CatalogueModel[] {
  const accounts = new Set(
    settings
      .profiles()
      .filter((profile) => profile.selected)
      .map((profile) => profile.accountKey),
  );
  const catalogues = [...accounts]
    .map((accountKey) => settings.catalogue(accountKey))
    .filter((catalogue) => catalogue !== null)
    .map((catalogue) => readCatalogue(catalogue.models));
  const merged = mergeCatalogues(catalogues);
  return merged.length === 0 ? BUNDLED_CATALOGUE : merged;
}

export function readNameTable(settings: SettingsStore): NameTable {
  return {
    models: poolModels(settings),
    hidden: new Set(settings.hiddenModels()),
    aliases: settings.aliases(),
    fast: settings.pool().fast,
  };
}
