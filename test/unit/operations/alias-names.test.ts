/** Which names may be published, and what is said of those that may not. */
import { describe, expect, test } from "bun:test";
import { BUNDLED_CATALOGUE } from "../../../src/models/bundled.ts";
import type { Alias, NameTable } from "../../../src/models/resolve.ts";
import { checkAlias } from "../../../src/operations/alias-names.ts";
import { OperationError } from "../../../src/operations/operation.ts";

const BARE = { id: "plain", efforts: [], defaultEffort: null, tiers: [], isListed: true, entry: {} };
const TABLE: NameTable = {
  models: [...BUNDLED_CATALOGUE, BARE],
  hidden: new Set(["gpt-6-luna"]),
  aliases: [{ name: "mine", model: "gpt-5.5", effort: "high", fast: false }],
  fast: false,
};

function alias(change: Partial<Alias>): Alias {
  return { name: "new-name", model: "gpt-5.5", effort: null, fast: false, ...change };
}

const REFUSED: readonly (readonly [string, Partial<Alias>, OperationError["reason"], RegExp])[] = [
  ["an empty name", { name: "" }, "usage", /letters, digits/],
  ["a name with a space", { name: "my model" }, "usage", /letters, digits/],
  ["a name with a control character", { name: "a\u0007b" }, "usage", /letters, digits/],
  ["a name of 101 characters", { name: "a".repeat(101) }, "usage", /letters, digits/],
  ["a base model", { name: "gpt-6-sol" }, "conflict", /base model/],
  ["a hidden base model", { name: "gpt-6-luna" }, "conflict", /base model/],
  ["a name there is", { name: "mine" }, "conflict", /already/],
  ["a ready-made name with another meaning", { name: "gpt-5.5-high", effort: "low" }, "conflict", /gpt-5.5, high/],
  ["a fast variant with another meaning", { name: "gpt-5.5-fast" }, "conflict", /fast/],
  ["an unknown model", { model: "gpt-5.6-so" }, "not-found", /offers a model/],
  ["an effort the model has not", { effort: "ultra" }, "usage", /has no effort/],
  ["an effort of a model that names none", { model: "plain", effort: "high" }, "usage", /names none/],
  ["speed of a model without a faster tier", { model: "plain", fast: true }, "usage", /no faster tier/],
];

describe("checkAlias()", () => {
  test.each(REFUSED)("refuses %s", (_what, change, reason, text) => {
    let thrown: unknown = null;
    try {
      checkAlias(TABLE, alias(change));
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof OperationError)) throw new Error("was not refused");
    expect(thrown.reason).toBe(reason);
    expect(thrown.message).toMatch(text);
  });

  test("names the model that was meant", () => {
    expect(() => checkAlias(TABLE, alias({ model: "gpt-5.6-so" }))).toThrow(
      expect.objectContaining({ hint: 'Did you mean "gpt-5.6-sol"?' }),
    );
  });

  test.each([
    ["a name of one's own", {}],
    ["a ready-made name with its own meaning", { name: "gpt-5.5-high", effort: "high" }],
    ["a fast variant with its own meaning", { name: "gpt-5.5-fast", fast: true }],
    ["the ready-made name of the highest effort", { name: "gpt-6-sol-ultra", model: "gpt-6-sol", effort: "ultra" }],
    ["a name for a hidden model", { model: "gpt-6-luna" }],
  ] as const)("takes %s", (_what, change) => {
    expect(() => checkAlias(TABLE, alias(change))).not.toThrow();
  });
});
