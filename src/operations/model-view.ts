/** A published name as its owner sees it: what kind it is, what stands behind it, who offers it. */
import { type Static, Type } from "typebox";
import { readCatalogue } from "../models/catalogue.ts";
import { fastNames, type NameTable, resolveModel } from "../models/resolve.ts";
import type { SettingsStore } from "../ports.ts";
import { nullable } from "./shapes.ts";

export const ModelView = Type.Object({
  id: Type.String(),
  kind: Type.Enum(["base", "alias", "fast"]),
  model: Type.String(),
  effort: nullable(Type.String()),
  fast: Type.Boolean(),
  exposed: Type.Boolean(),
  /** Profiles in the pool whose account offers the model; empty while no catalogue has been read. */
  offered_by: Type.Array(Type.String()),
});
export type ModelView = Static<typeof ModelView>;

/** Which profiles of the pool offer each upstream model. */
export function readOffers(settings: SettingsStore): ReadonlyMap<string, readonly string[]> {
  const offers = new Map<string, string[]>();
  for (const profile of settings.profiles().filter((entry) => entry.selected)) {
    for (const model of readCatalogue(settings.catalogue(profile.accountKey)?.models ?? [])) {
      offers.set(model.id, [...(offers.get(model.id) ?? []), profile.name]);
    }
  }
  return offers;
}

/** Every name there is, base models first, hidden ones included. */
export function modelViews(table: NameTable, offers: ReadonlyMap<string, readonly string[]>): ModelView[] {
  const offeredBy = (model: string) => [...(offers.get(model) ?? [])];
  const base = table.models
    .filter((model) => model.isListed)
    .map(
      ({ id }): ModelView => ({
        id,
        kind: "base",
        model: id,
        effort: null,
        fast: false,
        exposed: !table.hidden.has(id),
        offered_by: offeredBy(id),
      }),
    );
  const aliases = table.aliases.map(
    ({ name, model, effort, fast }): ModelView => ({
      id: name,
      kind: "alias",
      model,
      effort,
      fast,
      exposed: true,
      offered_by: offeredBy(model),
    }),
  );
  return [...base, ...aliases, ...fastViews(table, offeredBy)];
}

function fastViews(table: NameTable, offeredBy: (model: string) => string[]): ModelView[] {
  return fastNames(table).flatMap((id): ModelView[] => {
    const resolved = resolveModel(table, id);
    if (resolved.kind !== "resolved") return [];
    const { upstreamModel: model, effort } = resolved;
    return [{ id, kind: "fast", model, effort, fast: true, exposed: true, offered_by: offeredBy(model) }];
  });
}
