/** Models taken to be there until an account's own catalogue has been read. State of Codex 0.169.0, 2026-11-22. */
import type { CatalogueModel } from "./catalogue.ts";

const UP_TO_MAX = ["low", "medium", "high", "xhigh", "max"];
const UP_TO_ULTRA = [...UP_TO_MAX, "ultra"];

interface BundledRow {
  readonly id: string;
  readonly name: string;
  readonly efforts: readonly string[];
  readonly defaultEffort: string;
  readonly contextWindow: number;
  readonly isLite: boolean;
  /** Known to clients that ask for it by name, and in no list. */
  readonly isHidden: boolean;
  readonly hasFastTier: boolean;
  /** What is sent for `ultra` where it is not `max`. */
  readonly ultraEffort: string | null;
}

const USUAL = {
  efforts: UP_TO_ULTRA,
  defaultEffort: "medium",
  contextWindow: 272_000,
  isLite: true,
  isHidden: false,
  hasFastTier: true,
  ultraEffort: null,
};

function row(id: string, name: string, differing: Partial<Omit<BundledRow, "id" | "name">> = {}): BundledRow {
  return { ...USUAL, id, name, ...differing };
}

const ROWS: readonly BundledRow[] = [
  row("gpt-6.1-sol", "GPT-6.1 Sol", { defaultEffort: "low", ultraEffort: "xhigh" }),
  row("gpt-6.1-terra", "GPT-6.1 Terra", { defaultEffort: "low", contextWindow: 500_000 }),
  row("gpt-6-astra", "GPT-6 Astra", { defaultEffort: "low", ultraEffort: "xhigh" }),
  row("gpt-6-sol", "GPT-6 Sol"),
  row("gpt-6-luna", "GPT-6 Luna", { efforts: UP_TO_MAX }),
  row("gpt-5.6-sol", "GPT-5.6 Sol", { defaultEffort: "low" }),
  row("gpt-5.6-terra", "GPT-5.6 Terra"),
  row("gpt-5.6-luna", "GPT-5.6 Luna", { efforts: UP_TO_MAX }),
  row("gpt-5.5", "GPT-5.5", { efforts: ["low", "medium", "high", "xhigh"], isLite: false }),
  row("gpt-daybreak-blue-latest", "Daybreak Blue", { defaultEffort: "low", isHidden: true, hasFastTier: false }),
  row("gpt-daybreak-red-latest", "Daybreak Red", { isHidden: true, hasFastTier: false }),
  // Official clients ask it whether a command may run.
  row("codex-auto-review", "Codex Auto Review", { efforts: UP_TO_MAX, isHidden: true, hasFastTier: false }),
];

const FAST_TIER = { id: "priority", name: "Fast", description: "Faster answers at a higher cost" };

/** What is known of a model, in upstream's words; the prompt is not: only an account's own catalogue has it. */
function entryOf(row: BundledRow, priority: number): Record<string, unknown> {
  return {
    slug: row.id,
    display_name: row.name,
    description: "",
    default_reasoning_level: row.defaultEffort,
    supported_reasoning_levels: row.efforts.map((effort) => ({ effort, description: effort })),
    shell_type: "shell_command",
    visibility: row.isHidden ? "hide" : "list",
    supported_in_api: true,
    priority,
    support_verbosity: true,
    default_verbosity: "low",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    experimental_supported_tools: [],
    context_window: row.contextWindow,
    service_tiers: row.hasFastTier ? [FAST_TIER] : [],
    use_responses_lite: row.isLite,
    ...(row.ultraEffort === null ? {} : { multi_agent_reasoning_effort: row.ultraEffort }),
  };
}

export const BUNDLED_CATALOGUE: readonly CatalogueModel[] = ROWS.map((row, index) => ({
  id: row.id,
  efforts: row.efforts,
  defaultEffort: row.defaultEffort,
  tiers: row.hasFastTier ? [FAST_TIER.id] : [],
  isListed: !row.isHidden,
  entry: entryOf(row, index + 1),
}));
