/** Upstream's entries, read and put together over accounts. */
import { describe, expect, test } from "bun:test";
import {
  type CatalogueModel,
  mergeCatalogues,
  readCatalogue,
  readCatalogueModel,
} from "../../../src/models/catalogue.ts";
import { catalogueAnswer, platformModels, SIM_MODELS } from "../../../src/simulator/catalogue.ts";

describe("readCatalogueModel()", () => {
  const BARE = { efforts: [], defaultEffort: null, tiers: [], isListed: true };
  const ROWS: readonly (readonly [string, Record<string, unknown>, Omit<CatalogueModel, "entry"> | null])[] = [
    ["the platform's", { id: "gpt-5.5", object: "model" }, { id: "gpt-5.5", ...BARE }],
    [
      "a ChatGPT account's",
      {
        slug: "gpt-6-sol",
        id: "other",
        default_reasoning_level: "medium",
        supported_reasoning_levels: [{ effort: "low", description: "" }, { effort: "max" }],
        service_tiers: [{ id: "priority", name: "Fast" }],
        visibility: "list",
      },
      { id: "gpt-6-sol", efforts: ["low", "max"], defaultEffort: "medium", tiers: ["priority"], isListed: true },
    ],
    ["one for those who know it", { slug: "x", visibility: "hide" }, { id: "x", ...BARE, isListed: false }],
    [
      "one with lists of plain names",
      { slug: "x", service_tiers: ["priority"] },
      { id: "x", ...BARE, tiers: ["priority"] },
    ],
    [
      "one with rubbish in it",
      { slug: "x", supported_reasoning_levels: [null, 7, {}, { effort: "" }], service_tiers: {} },
      { id: "x", ...BARE },
    ],
    ["one without a name", { display_name: "x" }, null],
    ["one with an empty name", { slug: "", id: "" }, null],
  ];
  for (const [what, entry, expected] of ROWS) {
    test(`${what} entry`, () => {
      expect(readCatalogueModel(entry)).toEqual(expected === null ? null : { ...expected, entry });
    });
  }

  test("keeps the entry itself, for clients that read more of it", () => {
    const entry = { slug: "x", from_the_future: { a: 1 } };
    expect(readCatalogueModel(entry)?.entry).toBe(entry);
  });
});

describe("readCatalogue()", () => {
  test("reads the simulated upstream's whole list, and leaves out what has no name", () => {
    const { models } = catalogueAnswer(
      SIM_MODELS.map(({ slug }) => slug),
      "0.169.0",
    ) as { models: Record<string, unknown>[] };
    const read = readCatalogue([...models, { nothing: 1 }]);
    expect(read.map(({ id }) => id)).toEqual(SIM_MODELS.map(({ slug }) => slug));
    for (const model of read) expect(model.efforts.length).toBeGreaterThan(0);
  });
});

describe("mergeCatalogues()", () => {
  const list = (...slugs: string[]) => {
    const { models } = catalogueAnswer(slugs, "0.169.0") as { models: Record<string, unknown>[] };
    return readCatalogue(models);
  };
  const bare = (...slugs: string[]) => {
    const { data } = platformModels(slugs) as { data: Record<string, unknown>[] };
    return readCatalogue(data);
  };
  const ids = (...lists: (readonly CatalogueModel[])[]) => mergeCatalogues(lists).map(({ id }) => id);

  test("is the union, in the order first seen", () => {
    expect(ids(list("gpt-6-sol", "gpt-5.5"), list("gpt-5.5", "gpt-6-luna"), [])).toEqual([
      "gpt-6-sol",
      "gpt-5.5",
      "gpt-6-luna",
    ]);
    expect(ids()).toEqual([]);
  });

  test("keeps the entry that says more, whichever came first", () => {
    for (const lists of [
      [bare("gpt-5.5"), list("gpt-5.5")],
      [list("gpt-5.5"), bare("gpt-5.5")],
    ]) {
      const [model] = mergeCatalogues(lists);
      expect(model?.efforts).toEqual(["low", "medium", "high", "xhigh"]);
    }
  });

  test("keeps the first of two that say as much", () => {
    const [first, second] = [list("gpt-5.5"), list("gpt-5.5")];
    expect(mergeCatalogues([first, second])[0] === first[0]).toBe(true);
  });

  test("does not shrink when one account's list does (trap 38)", () => {
    expect(ids(list("gpt-6-sol"), [], bare("gpt-5.5"))).toEqual(["gpt-6-sol", "gpt-5.5"]);
  });

  test("changes no list it is given", () => {
    const given = [bare("gpt-5.5"), list("gpt-5.5")];
    const copy = structuredClone(given);
    mergeCatalogues(given);
    expect(given).toEqual(copy);
  });
});
