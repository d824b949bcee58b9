/** The published list in one object that both kinds of client read: `data` as OpenAI has it, `models` as Codex does. */
import type { CatalogueModel } from "./catalogue.ts";
import { type NameTable, publishedNames, type ResolvedModel, resolveModel } from "./resolve.ts";

export interface ListedModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

/** Upstream does not date its models; a constant is honest and keeps lists equal. */
const CREATED_SECONDS = 1_700_000_000;

function listedModel(id: string): ListedModel {
  return { id, object: "model", created: CREATED_SECONDS, owned_by: "openai" };
}

/** Upstream's own entry under the public name; aliases show the effort they hold as their default. */
function codexEntry(model: CatalogueModel, resolved: ResolvedModel): Record<string, unknown> {
  if (resolved.publicName === model.id) return { ...model.entry };
  const entry: Record<string, unknown> = {
    ...model.entry,
    slug: resolved.publicName,
    display_name: resolved.publicName,
  };
  if (resolved.effort !== null) entry["default_reasoning_level"] = resolved.effort;
  return entry;
}

/** What Codex 0.169.0 requires of an entry, by the type it reads it as. */
export const CODEX_MEMBERS: Readonly<Record<string, "string" | "number" | "boolean" | "list" | "object">> = {
  slug: "string",
  display_name: "string",
  supported_reasoning_levels: "list",
  shell_type: "string",
  visibility: "string",
  supported_in_api: "boolean",
  priority: "number",
  support_verbosity: "boolean",
  truncation_policy: "object",
  experimental_supported_tools: "list",
};

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}

/**
 * Entries that lack what Codex requires would make it throw the whole list away, and one without a prompt would have it
 * work without one where its own list has a good one. Those appear in `data` only.
 */
function isCodexEntry(entry: Readonly<Record<string, unknown>>): boolean {
  const instructions = entry["base_instructions"];
  const hasInstructions = typeof instructions === "string" && instructions !== "";
  const hasPrompt = hasInstructions || typeOf(entry["model_messages"]) === "object";
  return hasPrompt && Object.entries(CODEX_MEMBERS).every(([name, type]) => typeOf(entry[name]) === type);
}

export function renderModelList(table: NameTable): {
  object: "list";
  data: ListedModel[];
  models: Record<string, unknown>[];
} {
  const names = publishedNames(table);
  const models = names
    .map((name) => {
      const resolved = resolveModel(table, name);
      if (resolved.kind !== "resolved") return null;
      const model = table.models.find((entry) => entry.id === resolved.upstreamModel);
      return model === undefined || !isCodexEntry(model.entry) ? null : codexEntry(model, resolved);
    })
    .filter((entry) => entry !== null);
  return { object: "list", data: names.map(listedModel), models };
}

/** One published name; ready-made names that are not listed resolve too. Null when it means nothing. */
export function renderModel(table: NameTable, name: string): ListedModel | null {
  return resolveModel(table, name).kind === "resolved" ? listedModel(name) : null;
}
