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
}

const ROWS: readonly BundledRow[] = [
  {
    id: "gpt-6.1-sol",
    name: "GPT-6.1 Sol",
    efforts: UP_TO_ULTRA,
    defaultEffort: "low",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-6.1-terra",
    name: "GPT-6.1 Terra",
    efforts: UP_TO_ULTRA,
    defaultEffort: "low",
    contextWindow: 500_000,
    isLite: true,
  },
  {
    id: "gpt-6-astra",
    name: "GPT-6 Astra",
    efforts: UP_TO_ULTRA,
    defaultEffort: "low",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-6-sol",
    name: "GPT-6 Sol",
    efforts: UP_TO_ULTRA,
    defaultEffort: "medium",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-6-luna",
    name: "GPT-6 Luna",
    efforts: UP_TO_MAX,
    defaultEffort: "medium",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-5.6-sol",
    name: "GPT-5.6 Sol",
    efforts: UP_TO_ULTRA,
    defaultEffort: "low",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-5.6-terra",
    name: "GPT-5.6 Terra",
    efforts: UP_TO_ULTRA,
    defaultEffort: "medium",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-5.6-luna",
    name: "GPT-5.6 Luna",
    efforts: UP_TO_MAX,
    defaultEffort: "medium",
    contextWindow: 272_000,
    isLite: true,
  },
  {
    id: "gpt-5.5",
    name: "GPT-5.5",
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "medium",
    contextWindow: 272_000,
    isLite: false,
  },
];

/** The members Codex requires of every entry; one that is missing makes it throw the whole list away. */
function entryOf(row: BundledRow, priority: number): Record<string, unknown> {
  return {
    slug: row.id,
    display_name: row.name,
    description: "",
    default_reasoning_level: row.defaultEffort,
    supported_reasoning_levels: row.efforts.map((effort) => ({ effort, description: effort })),
    shell_type: "shell_command",
    visibility: "list",
    supported_in_api: true,
    priority,
    support_verbosity: true,
    default_verbosity: "low",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    experimental_supported_tools: [],
    base_instructions: "",
    context_window: row.contextWindow,
    service_tiers: [{ id: "priority", name: "Fast", description: "Faster answers at a higher cost" }],
    use_responses_lite: row.isLite,
  };
}

export const BUNDLED_CATALOGUE: readonly CatalogueModel[] = ROWS.map((row, index) => ({
  id: row.id,
  efforts: row.efforts,
  defaultEffort: row.defaultEffort,
  tiers: ["priority"],
  isListed: true,
  entry: entryOf(row, index + 1),
}));
