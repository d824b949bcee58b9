/**
 * Question: which models are there, and who may use them?
 * Owns the model list as the backend tells it, its filter by plan and client version, and its tag.
 * Must not know accounts: it is given the models an account has.
 */
import type { JsonObject } from "./content.ts";

export interface SimModel {
  readonly slug: string;
  readonly displayName: string;
  readonly efforts: readonly string[];
  readonly defaultEffort: string;
  readonly contextWindow: number;
  readonly maxContextWindow: number;
  /** "Lite" models are asked in another shape by Codex; the backend takes both. */
  readonly lite: boolean;
  readonly hidden: boolean;
  readonly fastTier: boolean;
  /** The oldest client version that is told of this model. */
  readonly sinceVersion: string;
  readonly upgradeTo: string | null;
}

const LOW_TO_MAX = ["low", "medium", "high", "xhigh", "max"];
const WITH_ULTRA = [...LOW_TO_MAX, "ultra"];

const USUAL_MODEL = {
  efforts: WITH_ULTRA,
  defaultEffort: "medium",
  contextWindow: 272_000,
  maxContextWindow: 872_000,
  lite: true,
  hidden: false,
  fastTier: true,
  sinceVersion: "0.150.0",
  upgradeTo: null,
};

function model(slug: string, displayName: string, differing: Partial<SimModel> = {}): SimModel {
  return { ...USUAL_MODEL, slug, displayName, ...differing };
}

const SPECIAL = { defaultEffort: "low", hidden: true, fastTier: false };

/** In order of priority. */
export const SIM_MODELS: readonly SimModel[] = [
  model("gpt-6.1-sol", "GPT-6.1 Sol", { defaultEffort: "low", sinceVersion: "0.165.0" }),
  model("gpt-6-astra", "GPT-6 Astra", { defaultEffort: "low" }),
  model("gpt-6-sol", "GPT-6 Sol"),
  model("gpt-6-luna", "GPT-6 Luna", { efforts: LOW_TO_MAX }),
  model("gpt-6.1-terra", "GPT-6.1 Terra", {
    defaultEffort: "low",
    contextWindow: 500_000,
    sinceVersion: "0.165.0",
  }),
  model("gpt-5.6-sol", "GPT-5.6 Sol", { defaultEffort: "low", upgradeTo: "gpt-6-sol", sinceVersion: "0.120.0" }),
  model("gpt-5.6-terra", "GPT-5.6 Terra", { upgradeTo: "gpt-6-sol", sinceVersion: "0.120.0" }),
  model("gpt-5.6-luna", "GPT-5.6 Luna", {
    efforts: LOW_TO_MAX,
    upgradeTo: "gpt-6-luna",
    sinceVersion: "0.120.0",
  }),
  model("gpt-5.5", "GPT-5.5", {
    efforts: ["low", "medium", "high", "xhigh"],
    lite: false,
    maxContextWindow: 272_000,
    sinceVersion: "0.90.0",
  }),
  model("gpt-daybreak-blue-latest", "Daybreak Blue", SPECIAL),
  model("gpt-daybreak-red-latest", "Daybreak Red", SPECIAL),
  model("codex-auto-review", "Codex Auto Review", { efforts: LOW_TO_MAX, hidden: true, fastTier: false }),
];

const SMALL_PLANS: readonly string[] = ["free", "go", "free_workspace"];
const SMALL_MODELS = ["gpt-6-luna", "gpt-5.6-luna", "gpt-5.5", "codex-auto-review"];
const PROGRAMME_MODELS = ["gpt-daybreak-blue-latest", "gpt-daybreak-red-latest"];

/** Slugs a plan comes with. */
export function modelsOfPlan(plan: string): string[] {
  if (SMALL_PLANS.includes(plan)) return [...SMALL_MODELS];
  return SIM_MODELS.map((entry) => entry.slug).filter((slug) => !PROGRAMME_MODELS.includes(slug));
}

/** What is known of a slug; an unknown one is a usual model of that name. */
export function describeModel(slug: string): SimModel {
  return SIM_MODELS.find((entry) => entry.slug === slug) ?? model(slug, slug);
}

/** The backend's list for these slugs, as a client of that version is told it. */
export function catalogueAnswer(slugs: readonly string[], clientVersion: string): JsonObject {
  const entitled = slugs.map(describeModel).filter((entry) => isAtLeast(clientVersion, entry.sinceVersion));
  return { models: entitled.map(modelInfo) };
}

/** The tag of the list. It changes with the models and with the edition, not with the client's version. */
export function catalogueTag(slugs: readonly string[], edition: number): string {
  let hash = edition + 17;
  for (const character of slugs.join("|")) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return `W/"${hash.toString(16).padStart(8, "0")}"`;
}

/** The platform's list. */
export function platformModels(slugs: readonly string[]): JsonObject {
  const data = slugs.map((id) => ({ id, object: "model", created: 1_780_000_000, owned_by: "openai" }));
  return { object: "list", data };
}

function modelInfo(entry: SimModel): JsonObject {
  return {
    slug: entry.slug,
    display_name: entry.displayName,
    description: `${entry.displayName}, simulated`,
    default_reasoning_level: entry.defaultEffort,
    supported_reasoning_levels: entry.efforts.map((effort) => ({ effort, description: `${effort} effort` })),
    shell_type: "shell_command",
    visibility: entry.hidden ? "hide" : "list",
    supported_in_api: true,
    priority: SIM_MODELS.findIndex((known) => known.slug === entry.slug) + 1,
    upgrade: entry.upgradeTo === null ? null : { model: entry.upgradeTo, migration_markdown: "" },
    base_instructions: "You are Codex, a coding agent.",
    supports_reasoning_summaries: true,
    support_verbosity: true,
    default_verbosity: "low",
    apply_patch_tool_type: "freeform",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    supports_parallel_tool_calls: !entry.lite,
    context_window: entry.contextWindow,
    max_context_window: entry.maxContextWindow,
    service_tiers: entry.fastTier ? [{ id: "priority", name: "Fast", description: "Faster answers" }] : [],
    experimental_supported_tools: [],
    input_modalities: ["text", "image"],
    use_responses_lite: entry.lite,
    minimal_client_version: entry.sinceVersion,
  };
}

/** Compares dotted versions number by number. What is no number counts as 0. */
function isAtLeast(version: string, floor: string): boolean {
  const have = version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const need = floor.split(".").map((part) => Number.parseInt(part, 10) || 0);
  for (let index = 0; index < need.length; index += 1) {
    const difference = (have[index] ?? 0) - (need[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
