/** Does the model behind a name reason? Only of some models it is known; of others nothing must be assumed. */
import { BUNDLED_CATALOGUE } from "./bundled.ts";
import { type NameTable, resolveModel } from "./resolve.ts";

/** The list that API keys are given tells of no efforts, so the bundled one is asked as well. */
export function isReasoning(table: NameTable, name: string): boolean {
  const meaning = resolveModel(table, name);
  if (meaning.kind === "unknown") return false;
  const entries = [...table.models, ...BUNDLED_CATALOGUE].filter((model) => model.id === meaning.upstreamModel);
  return entries.some((model) => model.efforts.length > 0);
}
