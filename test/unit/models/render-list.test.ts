/** The published list, as both kinds of clients read it. */
import { describe, expect, test } from "bun:test";
import { BUNDLED_CATALOGUE } from "../../../src/models/bundled.ts";
import { type CatalogueModel, readCatalogue } from "../../../src/models/catalogue.ts";
import { CODEX_MEMBERS, renderModel, renderModelList } from "../../../src/models/render-list.ts";
import type { NameTable } from "../../../src/models/resolve.ts";
import { catalogueAnswer, platformModels, SIM_MODELS } from "../../../src/simulator/catalogue.ts";

const SLUGS = SIM_MODELS.map(({ slug }) => slug);
const UPSTREAM = readCatalogue((catalogueAnswer(SLUGS, "0.169.0") as { models: Record<string, unknown>[] }).models);
const PLATFORM = readCatalogue((platformModels(["gpt-4.1"]) as { data: Record<string, unknown>[] }).data);

function table(change: Partial<NameTable> = {}): NameTable {
  return { models: UPSTREAM, hidden: new Set(), aliases: [], fast: false, ...change };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}

/** What the official client would throw the whole list away for. */
function faultsOf(entry: Record<string, unknown>): string[] {
  const missing = Object.entries(CODEX_MEMBERS)
    .filter(([name, kind]) => kindOf(entry[name]) !== kind)
    .map(([name]) => name);
  const levels = entry["supported_reasoning_levels"];
  const wrong = (Array.isArray(levels) ? levels : [null]).filter(
    (level: Record<string, unknown> | null) =>
      typeof level?.["effort"] !== "string" || typeof level["description"] !== "string",
  );
  const hasPrompt = kindOf(entry["base_instructions"]) === "string" || kindOf(entry["model_messages"]) === "object";
  return [...missing, ...wrong.map(() => "a level"), ...(hasPrompt ? [] : ["prompt"])];
}

describe("renderModelList()", () => {
  test("holds both lists in one object", () => {
    const list = renderModelList(table());
    const listed = SIM_MODELS.filter(({ hidden }) => !hidden).map(({ slug }) => slug);
    expect(list.object).toBe("list");
    expect(list.data.map(({ id }) => id)).toEqual(listed);
    expect(list.models.map((entry) => entry["slug"])).toEqual(listed);
    expect(list.data[0]).toEqual({ id: listed[0] ?? "", object: "model", created: 1_700_000_000, owned_by: "openai" });
  });

  test("gives upstream's own entries unchanged, and none of them twice", () => {
    const { models } = renderModelList(table());
    expect(models).toEqual(UPSTREAM.filter(({ isListed }) => isListed).map(({ entry }) => ({ ...entry })));
  });

  test("has every member the official client requires, of upstream's list and of aliases", () => {
    const aliases = [{ name: "mine", model: "gpt-6-sol", effort: "high", fast: true }];
    for (const entry of renderModelList(table({ aliases, fast: true })).models) {
      expect([entry["slug"], faultsOf(entry)]).toEqual([entry["slug"], []]);
    }
  });

  test("leaves the official client to its own list, which has prompts, while no account's list is known", () => {
    const { data, models } = renderModelList(table({ models: BUNDLED_CATALOGUE }));
    expect(models).toEqual([]);
    expect(data.map(({ id }) => id)).toEqual(BUNDLED_CATALOGUE.filter((model) => model.isListed).map(({ id }) => id));
  });

  test("shows an alias under its own name with the effort it holds", () => {
    const aliases = [{ name: "mine", model: "gpt-6-sol", effort: "high", fast: false }];
    const entry = renderModelList(table({ aliases })).models.find(({ slug }) => slug === "mine");
    const own = UPSTREAM.find(({ id }) => id === "gpt-6-sol")?.entry;
    expect(entry).toEqual({ ...own, slug: "mine", display_name: "mine", default_reasoning_level: "high" });
  });

  test("keeps an entry that lacks something in the one list that does not need it", () => {
    const broken = (change: Record<string, unknown>): CatalogueModel[] => {
      const [model] = UPSTREAM;
      return model === undefined ? [] : [{ ...model, entry: { ...model.entry, ...change } }];
    };
    const CHANGES = [
      ...Object.keys(CODEX_MEMBERS).map((name) => ({ [name]: undefined })),
      { base_instructions: null },
      { base_instructions: "" },
      { priority: "1" },
    ];
    for (const change of CHANGES) {
      const list = renderModelList(table({ models: broken(change) }));
      expect([change, list.data.length, list.models.length]).toEqual([change, 1, 0]);
    }
    const list = renderModelList(table({ models: PLATFORM }));
    expect([list.data.map(({ id }) => id), list.models]).toEqual([["gpt-4.1"], []]);
  });
});

describe("renderModel()", () => {
  test("knows every name that means something, and no other", () => {
    const given = table({ aliases: [{ name: "mine", model: "gpt-6-sol", effort: null, fast: false }], fast: true });
    for (const name of ["gpt-6-sol", "mine", "mine-fast", "gpt-6-sol-high", "codex-auto-review"]) {
      expect(renderModel(given, name)?.id).toBe(name);
    }
    for (const name of ["gpt-7", "", "__proto__"]) expect(renderModel(given, name)).toBeNull();
  });
});

describe("the bundled list", () => {
  const byId = new Map(BUNDLED_CATALOGUE.map((model) => [model.id, model]));

  test("has the models, efforts and tiers of the real one", () => {
    expect([...byId.keys()].toSorted()).toEqual(SLUGS.toSorted());
    for (const { slug, efforts, defaultEffort, hidden, contextWindow, lite, fastTier } of SIM_MODELS) {
      // Of the two hidden programmes, one begins at medium.
      const start = slug === "gpt-daybreak-red-latest" ? "medium" : defaultEffort;
      expect(byId.get(slug)).toMatchObject({
        efforts: [...efforts],
        defaultEffort: start,
        isListed: !hidden,
        tiers: fastTier ? ["priority"] : [],
        entry: { context_window: contextWindow, use_responses_lite: lite },
      });
    }
  });

  test("knows what two models take for the top effort", () => {
    const own = BUNDLED_CATALOGUE.filter(({ entry }) => "multi_agent_reasoning_effort" in entry);
    expect(own.map(({ id, entry }) => [id, entry["multi_agent_reasoning_effort"]])).toEqual([
      ["gpt-6.1-sol", "xhigh"],
      ["gpt-6-astra", "xhigh"],
    ]);
  });

  test("reads from its own entries what it says beside them", () => {
    for (const model of BUNDLED_CATALOGUE) {
      const [read] = readCatalogue([model.entry]);
      const { id, efforts, defaultEffort, tiers, isListed } = model;
      expect(read).toMatchObject({ id, efforts: [...efforts], defaultEffort, tiers: [...tiers], isListed });
    }
  });
});
