import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OPENCODE_EDITOR } from "../../../src/setup/edit-opencode-config.ts";

const POOL = { baseUrl: "http://127.0.0.1:3773/v1", keyVariable: "CODEXUSE_API_KEY", models: ["gpt-5.5", "deep"] };
const ENTRY = {
  npm: "@ai-sdk/openai",
  name: "codexuse",
  options: { baseURL: POOL.baseUrl, apiKey: "{env:CODEXUSE_API_KEY}" },
  models: { "gpt-5.5": {}, deep: {} },
};

function edited(text: string | null): string {
  const edit = OPENCODE_EDITOR.add(text, POOL);
  if (edit.kind === "refused") throw new Error(edit.reason);
  return edit.text;
}

const FILES: Readonly<Record<string, { text: string | null; meaning: unknown }>> = {
  "that is not there": {
    text: null,
    meaning: { $schema: "https://opencode.ai/config.json", provider: { codexuse: ENTRY } },
  },
  "that is an empty object": { text: "{}", meaning: { provider: { codexuse: ENTRY } } },
  "with settings": { text: '{\n  "theme": "x"\n}\n', meaning: { theme: "x", provider: { codexuse: ENTRY } } },
  "in one line": { text: '{"theme":"x"}', meaning: { theme: "x", provider: { codexuse: ENTRY } } },
  "with comments and a trailing comma": {
    text: '// mine { "provider"\n{\n  /* "provider": { */\n  "theme": "a // b", // {\n  "provider": {\n    "x": { "name": "X" },\n  },\n}\n',
    meaning: { theme: "a // b", provider: { x: { name: "X" }, codexuse: ENTRY } },
  },
  "with an empty provider": { text: '{ "provider": {} }\n', meaning: { provider: { codexuse: ENTRY } } },
  "with line ends of Windows": { text: '{\r\n  "a": 1\r\n}\r\n', meaning: { a: 1, provider: { codexuse: ENTRY } } },
};

describe("opencode's configuration", () => {
  for (const [name, { text, meaning }] of Object.entries(FILES)) {
    test(`${name} comes to have the pool as a provider and nothing else (trap 47)`, () => {
      expect(Bun.JSONC.parse(edited(text))).toEqual(meaning);
    });

    test(`${name} means the same again without our part`, () => {
      const rest = OPENCODE_EDITOR.remove(edited(text));
      const { provider, ...others } = meaning as { provider: Record<string, unknown> };
      const { codexuse: _ours, ...providers } = provider;
      expect(Bun.JSONC.parse(rest ?? "")).toEqual({ ...others, provider: providers });
    });
  }

  const refusals: Readonly<Record<string, string>> = {
    "that is no JSON": "{ theme: }",
    "that is a list": "[]",
    "whose provider is no object": '{ "provider": 1 }',
    "with a provider of that name": '{ "provider": { "codexuse": {} } }',
  };
  for (const [name, text] of Object.entries(refusals)) {
    test(`${name} is left alone, and what to add is said`, () => {
      expect(OPENCODE_EDITOR.add(text, POOL)).toMatchObject({
        kind: "refused",
        lines: expect.stringContaining("codexuse"),
      });
    });
  }

  test("with our part is taken out byte for byte where others have members of their own", () => {
    const texts = ['{ "a": 1 }', '{\n  "provider": {\n    "x": 1\n  },\n  "b": [1]\n}\n'];
    expect(OPENCODE_EDITOR.remove(edited(texts[1] ?? ""))).toBe(texts[1] ?? "");
  });
});

describe("the laws of editing opencode's configuration", () => {
  test("everything that was there is there afterwards", () => {
    const names = fc.constantFrom("theme", "model", "provider", "{", '"', "//", "codex");
    const objects = fc.dictionary(names, fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant({})));
    fc.assert(
      fc.property(objects, fc.constantFrom(0, 2, 4), (config, indent) => {
        const text = JSON.stringify(config, null, indent);
        const edit = OPENCODE_EDITOR.add(text, POOL);
        if (edit.kind === "refused") return;
        const provider = (config["provider"] ?? {}) as Record<string, unknown>;
        expect(Bun.JSONC.parse(edit.text)).toEqual(
          JSON.parse(JSON.stringify({ ...config, provider: { ...provider, codexuse: ENTRY } })),
        );
      }),
    );
  });

  test("text without our part is left as it is", () => {
    fc.assert(fc.property(fc.json(), (text) => expect(OPENCODE_EDITOR.remove(text)).toBe(text)));
  });
});
