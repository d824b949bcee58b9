/** What public names mean, and which ones are published. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CatalogueModel } from "../../../src/models/catalogue.ts";
import { fastNames, type NameTable, nearNames, publishedNames, resolveModel } from "../../../src/models/resolve.ts";

function model(id: string, change: Partial<CatalogueModel> = {}): CatalogueModel {
  const base = { efforts: ["low", "high", "max", "ultra"], defaultEffort: "low", tiers: ["priority"], isListed: true };
  return { id, ...base, entry: { slug: id }, ...change };
}

const MODELS = [
  model("gpt-6-sol"),
  model("gpt-6.1-sol", { entry: { slug: "gpt-6.1-sol", multi_agent_reasoning_effort: "xhigh" } }),
  model("gpt-6-sol-high", { efforts: [] }),
  model("slow", { tiers: [] }),
  model("o-fast", { tiers: [] }),
  model("review", { isListed: false }),
];

function table(change: Partial<NameTable> = {}): NameTable {
  return { models: MODELS, hidden: new Set(), aliases: [], fast: false, ...change };
}

const alias = (name: string, change: Partial<NameTable["aliases"][number]> = {}) => ({
  name,
  model: "gpt-6-sol",
  effort: null,
  fast: false,
  ...change,
});

/** The meaning in one line: model, effort, tier. */
function meaning(name: string, change: Partial<NameTable> = {}): string {
  const resolution = resolveModel(table(change), name);
  if (resolution.kind === "unknown") return "unknown";
  expect(resolution.publicName).toBe(name);
  const { upstreamModel, effort, serviceTier } = resolution;
  return [upstreamModel, effort, serviceTier].filter((part) => part !== null).join(" ");
}

const FAST = { fast: true };
const HIDDEN = { hidden: new Set(["gpt-6-sol"]) };

describe("resolveModel()", () => {
  const ROWS: readonly (readonly [string, string, Partial<NameTable>, string])[] = [
    ["a base model", "slow", {}, "slow"],
    ["a base model in no list", "review", {}, "review"],
    ["a ready-made effort", "gpt-6-sol-low", {}, "gpt-6-sol low"],
    ["an effort the model has not", "gpt-6-sol-none", {}, "unknown"],
    ["an effort of a model that tells of none", "gpt-6-sol-high-low", {}, "unknown"],
    ["a base model before a ready-made name", "gpt-6-sol-high", {}, "gpt-6-sol-high"],
    ["an effort alone", "-low", {}, "unknown"],
    ["nothing", "", {}, "unknown"],
    // `ultra` is a word between client and user: upstream gets what stands for it.
    ["the top effort", "gpt-6-sol-ultra", {}, "gpt-6-sol max"],
    ["the top effort of a model with a word of its own", "gpt-6.1-sol-ultra", {}, "gpt-6.1-sol xhigh"],
    ["an alias", "mine", { aliases: [alias("mine")] }, "gpt-6-sol"],
    ["an alias with an effort", "mine", { aliases: [alias("mine", { effort: "high" })] }, "gpt-6-sol high"],
    ["an alias at the top effort", "mine", { aliases: [alias("mine", { effort: "ultra" })] }, "gpt-6-sol max"],
    [
      "a fast alias, whether fast names are published or not",
      "mine",
      { aliases: [alias("mine", { fast: true })] },
      "gpt-6-sol priority",
    ],
    ["an alias before a base model of its name", "slow", { aliases: [alias("slow")] }, "gpt-6-sol"],
    [
      "an alias before a ready-made name",
      "gpt-6-sol-low",
      { aliases: [alias("gpt-6-sol-low", { effort: "max" })] },
      "gpt-6-sol max",
    ],
    ["an alias of a hidden model", "mine", { ...HIDDEN, aliases: [alias("mine")] }, "gpt-6-sol"],
    ["a hidden model", "gpt-6-sol", HIDDEN, "unknown"],
    ["a ready-made name of a hidden model", "gpt-6-sol-low", HIDDEN, "unknown"],
    ["a fast name while they are off", "gpt-6-sol-fast", {}, "unknown"],
    ["a fast name", "gpt-6-sol-fast", FAST, "gpt-6-sol priority"],
    ["a fast ready-made name", "gpt-6-sol-low-fast", FAST, "gpt-6-sol low priority"],
    [
      "a fast alias's fast name",
      "mine-fast",
      { ...FAST, aliases: [alias("mine", { effort: "low" })] },
      "gpt-6-sol low priority",
    ],
    ["a fast name of a model without the tier", "slow-fast", FAST, "unknown"],
    ["a fast name of a hidden model", "gpt-6-sol-fast", { ...FAST, ...HIDDEN }, "unknown"],
    ["a model whose own name ends so", "o-fast", FAST, "o-fast"],
    ["the suffix alone", "-fast", FAST, "unknown"],
    ["a name in capitals", "GPT-6-SOL", {}, "unknown"],
    ["a name of JavaScript's own", "constructor", {}, "unknown"],
  ];
  for (const [what, name, change, expected] of ROWS) {
    test(`${what}: ${name || "nothing"} is ${expected}`, () => expect(meaning(name, change)).toBe(expected));
  }
});

describe("the published names", () => {
  const LISTED = ["gpt-6-sol", "gpt-6.1-sol", "gpt-6-sol-high", "slow", "o-fast"];

  test("are the listed base models that are not hidden, then the aliases", () => {
    expect(publishedNames(table())).toEqual(LISTED);
    expect(publishedNames(table({ ...HIDDEN, aliases: [alias("mine")] }))).toEqual([...LISTED.slice(1), "mine"]);
  });

  test("have a fast variant each where the tier is offered, while they are on", () => {
    const quick = [alias("mine"), alias("quick", { fast: true })];
    expect(fastNames(table({ aliases: quick }))).toEqual([]);
    expect(fastNames(table({ ...FAST, aliases: quick }))).toEqual([
      "gpt-6-sol-fast",
      "gpt-6.1-sol-fast",
      "gpt-6-sol-high-fast",
      "mine-fast",
    ]);
    expect(publishedNames(table({ ...FAST, aliases: quick }))).toHaveLength(LISTED.length + 2 + 4);
  });

  test("name everything once, also where an alias and a model clash", () => {
    const names = publishedNames(table({ ...FAST, aliases: [alias("slow"), alias("gpt-6-sol-fast")] }));
    expect(new Set(names).size).toBe(names.length);
  });

  test("all resolve, each to a model that upstream offers and by no public name's own", () => {
    const anyName = fc.constantFrom("mine", "slow", "gpt-6-sol-low", "quick", "gpt-6-sol-fast");
    const anyAlias = fc.record({ name: anyName, effort: fc.constantFrom(null, "low", "ultra"), fast: fc.boolean() });
    const anyHidden = fc.subarray(MODELS.map(({ id }) => id));
    fc.assert(
      fc.property(
        fc.uniqueArray(anyAlias, { selector: ({ name }) => name }),
        anyHidden,
        fc.boolean(),
        (aliases, hidden, fast) => {
          const given = table({
            aliases: aliases.map((entry) => alias(entry.name, entry)),
            hidden: new Set(hidden),
            fast,
          });
          for (const name of publishedNames(given)) {
            const resolution = resolveModel(given, name);
            const upstream = resolution.kind === "resolved" ? resolution.upstreamModel : "";
            expect(MODELS.map(({ id }) => id)).toContain(upstream);
            expect(resolution).not.toMatchObject({ effort: "ultra" });
          }
        },
      ),
    );
  });
});

describe("nearNames()", () => {
  const ROWS: readonly (readonly [string, readonly string[]])[] = [
    ["gpt-6-sool", ["gpt-6-sol", "gpt-6.1-sol"]],
    ["GPT-6-SOL", ["gpt-6-sol", "gpt-6.1-sol"]],
    ["gpt-6-slo", ["gpt-6-sol", "gpt-6.1-sol"]],
    ["claude-opus", []],
    ["", []],
  ];
  for (const [name, near] of ROWS) {
    test(`of "${name}" are ${near.join(", ") || "none"}`, () => {
      expect(nearNames(table(), name)).toEqual([...near]);
      const resolution = resolveModel(table(), name);
      expect(resolution).toEqual({ kind: "unknown", near: [...near] });
    });
  }

  test("tell nothing of what is hidden, and never more than three", () => {
    expect(nearNames(table(HIDDEN), "gpt-6-sol")).not.toContain("gpt-6-sol");
    const many = table({ models: ["a1", "a2", "a3", "a4"].map((id) => model(`model-${id}`)) });
    expect(nearNames(many, "model-a")).toHaveLength(3);
  });

  test("take no longer for a name that nobody types", () => {
    expect(nearNames(table(), "x".repeat(1_000_000))).toEqual([]);
  });
});
