import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CODEX_EDITOR } from "../../../src/setup/edit-codex-config.ts";

const POOL = { baseUrl: "http://127.0.0.1:3773/v1", keyVariable: "CODEXUSE_API_KEY", models: [] };

function edited(text: string | null): string {
  const edit = CODEX_EDITOR.add(text, POOL);
  if (edit.kind === "refused") throw new Error(edit.reason);
  return edit.text;
}

/** What Codex will read, the provider's own words left out. */
function meaning(text: string): unknown {
  const { model_providers: providers, ...rest } = Bun.TOML.parse(text) as Record<string, Record<string, unknown>>;
  return { ...rest, providers: Object.keys(providers ?? {}) };
}

const FILES: Readonly<Record<string, { text: string | null; meaning: unknown }>> = {
  "that is not there": { text: null, meaning: { model_provider: "codexuse", providers: ["codexuse"] } },
  "that is empty": { text: "", meaning: { model_provider: "codexuse", providers: ["codexuse"] } },
  "with settings": {
    text: '# mine\nmodel = "gpt-5.5"\n\n[projects."/home/me/a b"]\ntrust_level = "trusted"\n',
    meaning: {
      model_provider: "codexuse",
      model: "gpt-5.5",
      projects: { "/home/me/a b": { trust_level: "trusted" } },
      providers: ["codexuse"],
    },
  },
  "with another provider in force": {
    text: 'model_provider = "azure" # work\n[model_providers.azure]\nname = "Azure"\n',
    meaning: { model_provider: "codexuse", providers: ["azure", "codexuse"] },
  },
  "whose only line names another provider, without a newline": {
    text: 'model_provider = "azure"',
    meaning: { model_provider: "codexuse", providers: ["codexuse"] },
  },
  "without a newline at its end": {
    text: "[tui]\nnotifications = true",
    meaning: { model_provider: "codexuse", tui: { notifications: true }, providers: ["codexuse"] },
  },
  "with line ends of Windows": {
    text: 'model = "gpt-5.5"\r\nmodel_provider = "x"\r\n[tui]\r\na = 1',
    meaning: { model_provider: "codexuse", model: "gpt-5.5", tui: { a: 1 }, providers: ["codexuse"] },
  },
  "with a byte order mark": {
    text: '\uFEFFmodel = "m"\n',
    meaning: { model_provider: "codexuse", model: "m", providers: ["codexuse"] },
  },
  "whose profile names a provider of its own": {
    text: '[profiles.deep]\nmodel_provider = "azure"\n',
    meaning: { model_provider: "codexuse", profiles: { deep: { model_provider: "azure" } }, providers: ["codexuse"] },
  },
  "with a text that looks like the setting": {
    text: 'note = """\nmodel_provider = "fake"\n"""\nmodel_provider = "real"\n',
    meaning: { model_provider: "codexuse", note: 'model_provider = "fake"\n', providers: ["codexuse"] },
  },
};

describe("Codex's configuration", () => {
  for (const [name, { text, meaning: wanted }] of Object.entries(FILES)) {
    test(`${name} comes to name the pool and nothing else (trap 47)`, () => {
      expect(meaning(edited(text))).toEqual(wanted);
    });

    test(`${name} is itself again without our part (trap 47)`, () => {
      expect(CODEX_EDITOR.remove(edited(text))).toBe(text ?? "");
    });
  }

  test("names the key's variable, and no key", () => {
    const { model_providers: providers } = Bun.TOML.parse(edited("")) as Record<string, Record<string, unknown>>;
    expect(providers?.["codexuse"]).toMatchObject({
      base_url: POOL.baseUrl,
      wire_api: "responses",
      supports_websockets: true,
      env_key: "CODEXUSE_API_KEY",
    });
    expect(edited("")).not.toContain("cux_pool_");
  });

  test("keeps what was written around our part meanwhile", () => {
    const later = `${edited('a = 1\nmodel_provider = "x"\n')}[projects.p]\ntrust_level = "trusted"\n`;
    expect(CODEX_EDITOR.remove(`z = 2\n${later}`)).toBe(
      'z = 2\na = 1\nmodel_provider = "x"\n[projects.p]\ntrust_level = "trusted"\n',
    );
  });

  const refusals: Readonly<Record<string, string>> = {
    "that is no TOML": "a = = 1\n",
    "with a provider of that name": '[model_providers.codexuse]\nname = "mine"\n',
    "with providers in one line": 'model_providers = { a = { name = "A" } }\n',
    "with half of our part": `${edited("").split("\n").slice(0, 2).join("\n")}\n`,
    "whose provider is written over lines": 'model_provider = """\nazure"""\n',
  };
  for (const [name, text] of Object.entries(refusals)) {
    test(`${name} is left alone, and what to add is said`, () => {
      expect(CODEX_EDITOR.add(text, POOL)).toMatchObject({
        kind: "refused",
        lines: expect.stringContaining("[model_providers.codexuse]"),
      });
    });
  }
});

const pieces = fc.constantFrom(
  'model = "gpt-5.5"\n',
  'model_provider = "azure"\n',
  ' model_provider="azure" # c\r\n',
  "\"model_provider\" = 'x'\n",
  "# model_provider = 1\n",
  "\n",
  "\r\n",
  "[tui]\n",
  "[a.b]\r\n",
  "x = 1\n",
  "list = [\n  1,\n]\n",
  'text = """\n[not.a.table]\nmodel_provider = 2\n"""\n',
  "y = 2",
  "# the end",
);

describe("the laws of editing Codex's configuration", () => {
  test("what is added can be taken out byte for byte, and changes nothing but the provider (trap 47)", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        const edit = CODEX_EDITOR.add(text, POOL);
        if (edit.kind === "refused") return;
        accepted += 1;
        expect(CODEX_EDITOR.remove(edit.text)).toBe(text);
        const before = Bun.TOML.parse(text) as Record<string, unknown>;
        const { model_providers: _ours, ...after } = Bun.TOML.parse(edit.text) as Record<string, unknown>;
        expect(after).toEqual({ ...before, model_provider: "codexuse" });
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test("text without our part is left as it is", () => {
    fc.assert(fc.property(fc.string(), (text) => expect(CODEX_EDITOR.remove(text)).toBe(text)));
  });
});
