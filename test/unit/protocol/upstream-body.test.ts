/** The body each kind of account takes: the allow-list's rules, and what keeps its bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseResponsesRequest } from "../../../src/protocol/responses-request.ts";
import { type BodyPlan, buildUpstreamBody, CHATGPT_REFUSED_MEMBERS } from "../../../src/protocol/upstream-body.ts";

const CHATGPT: BodyPlan = {
  fit: "turn",
  accountKind: "chatgpt",
  upstreamModel: "gpt-5.5",
  effort: null,
  serviceTier: null,
  sanitise: false,
  isCodexClient: true,
};
const API_KEY: BodyPlan = { ...CHATGPT, accountKind: "api-key" };

function build(text: string, change: Partial<BodyPlan> = {}) {
  const parsed = parseResponsesRequest(text);
  if (parsed.kind === "refused") throw new Error(parsed.refusal.code);
  return buildUpstreamBody(parsed.request, { ...CHATGPT, ...change });
}

const INCLUDE = '"include":["reasoning.encrypted_content"]';
/** What a ChatGPT account takes as it is. */
const TAIL = `"stream":true,"store":false,${INCLUDE}`;
const body = (members: string) => `{"model":"gpt-5.5",${members}${members === "" ? "" : ","}${TAIL}}`;

/** As Codex writes a request for its newer models: tools are an item, and many a number is no plain one. */
const LITE = `{"model":"gpt-6-sol","input":[{"type":"additional_tools","id":"at_1","role":"developer","tools":[{"type":"web_search_preview"},
  {"type":"function","name":"shell","parameters":{"minimum":1.0,"b":2,"a":1e3}}]},
  {"type":"message","role":"developer","content":[{"type":"input_text","text":"You are \\u0043odex"}]},
  {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},{"type":"from_the_future","x":-0}],
  "tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"high","context":"all_turns"},"store":false,"stream":true,
  "include":["reasoning.encrypted_content"],"prompt_cache_key":"t","client_metadata":{"a":"1","a":"2"},"service_tier":"priority"}`;

describe("a body that needs no change", () => {
  const ROWS: readonly (readonly [string, string, Partial<BodyPlan>])[] = [
    ["of a lite model", LITE, { upstreamModel: "gpt-6-sol" }],
    [
      "with numbers, keys and escapes of its own",
      body('"input":[{"n":1.0,"n":2.50,"é":"\\u00e9"}] , "text":{"z":1,"a":2}'),
      {},
    ],
    ["with repeated members", body('"input":[],"tools":[],"tools":[ ]'), {}],
    ["with instructions", body('"instructions":"","input":[]'), { isCodexClient: false }],
    [
      "with all that may be included",
      `{"model":"gpt-5.5","input":[],"stream":true,"store":false,"include":["web_search_call.action.sources","reasoning.encrypted_content"]}`,
      {},
    ],
    [
      "with the one stream option upstream knows",
      body('"input":[],"stream_options":{"include_obfuscation":false}'),
      {},
    ],
    [
      "of an API key, whatever it says",
      '{"model":"gpt-5.5", "input":"hi","temperature":1.0,"store":true,"max_tokens":5,"service_tier":"flex","previous_response_id":"resp_1"}',
      API_KEY,
    ],
    ["of an API key, with history of another account", LITE, { ...API_KEY, upstreamModel: "gpt-6-sol" }],
    [
      "already at the effort and the tier asked for",
      LITE,
      { upstreamModel: "gpt-6-sol", effort: "high", serviceTier: "priority" },
    ],
  ];
  for (const [what, text, plan] of ROWS) {
    test(`${what} travels as it came`, () => expect(build(text, plan)).toEqual({ text, ignored: [] }));
  }
});

/** The members a client sends, and what is left of them; `-` where all of it goes. */
const RULES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "a text becomes a list",
    '"input":"hi \\u00e9"',
    '"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi é"}]}]',
    [],
  ],
  [
    "system becomes developer",
    '"input":[{"role":"system","content":"x"}, {"role":"user","content":"system"}]',
    '"input":[{"role":"developer","content":"x"}, {"role":"user","content":"system"}]',
    [],
  ],
  [
    "an id no server made goes",
    `"input":[{"type":"message", "id":"${"m".repeat(65)}", "role":"user"}]`,
    '"input":[{"type":"message","role":"user"}]',
    [],
  ],
  [
    "an id of the longest kind stays",
    `"input":[{"id":"${"m".repeat(64)}"}]`,
    `"input":[{"id":"${"m".repeat(64)}"}]`,
    [],
  ],
  [
    "a cache mark within a part goes, and is told",
    '"input":[{"role":"user","content":[{"type":"input_text","text":"a","prompt_cache_breakpoint":{"ttl":1}},{"n":1.0}]}]',
    '"input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"n":1.0}]}]',
    ["prompt_cache_breakpoint"],
  ],
  [
    "the tier that clients call fast is priority",
    '"input":[],"service_tier":"fast"',
    '"input":[],"service_tier":"priority"',
    [],
  ],
  ["a tier it does not honour goes, and is told", '"input":[],"service_tier":"flex"', '"input":[]', ["service_tier"]],
  ["a tier that asks for nothing goes", '"input":[],"service_tier":"auto"', '"input":[]', []],
  ["no tier at all stays", '"input":[],"service_tier":null', '"input":[],"service_tier":null', []],
  [
    "the searching tool has another name",
    '"input":[],"tools":[{"type":"web_search_preview_2025_03_11","n":1.0},{"type":"web_search"}]',
    '"input":[],"tools":[{"type":"web_search","n":1.0},{"type":"web_search"}]',
    [],
  ],
  [
    "the choice of that tool, too",
    '"input":[],"tool_choice":{"type":"web_search_preview"}',
    '"input":[],"tool_choice":{"type":"web_search"}',
    [],
  ],
  [
    "a function of that name is none",
    '"input":[],"tools":[{"type":"function","name":"web_search_preview"}]',
    '"input":[],"tools":[{"type":"function","name":"web_search_preview"}]',
    [],
  ],
  [
    "stream options it knows stay",
    '"input":[],"stream_options":{"include_usage":true,"include_obfuscation":false}',
    '"input":[],"stream_options":{"include_obfuscation":false}',
    [],
  ],
  ["others go", '"input":[],"stream_options":{"include_usage":true}', '"input":[]', []],
  [
    "others go, and are told when something is lost with them",
    '"input":[],"stream_options":{"from_the_future":1}',
    '"input":[]',
    ["stream_options"],
  ],
  [
    "an effort between client and user has another name",
    '"input":[],"reasoning":{"n":1.0,"effort":"ultra"}',
    '"input":[],"reasoning":{"n":1.0,"effort":"max"}',
    [],
  ],
  [
    "refused members go, and are told",
    '"temperature":0.5,"input":[],"user":"u"',
    '"input":[]',
    ["temperature", "user"],
  ],
  ["refused members that say nothing go untold", '"temperature":null,"input":[]', '"input":[]', []],
  [
    "members we do not know stay",
    '"input":[],"from_the_future":{"a":1.0}',
    '"input":[],"from_the_future":{"a":1.0}',
    [],
  ],
];

describe("for a ChatGPT account", () => {
  for (const [what, given, left, ignored] of RULES) {
    test(what, () => expect(build(body(given))).toEqual({ text: body(left), ignored: [...ignored] }));
  }

  const FORCED: readonly (readonly [string, string])[] = [
    ['{"model":"gpt-5.5","input":[]}', `{"model":"gpt-5.5","input":[],${TAIL}}`],
    ['{"model":"gpt-5.5"}', `{"model":"gpt-5.5",${TAIL},"input":[]}`],
    [`{"model":"gpt-5.5","input":[],"stream":false,"store":true,${INCLUDE}}`, `{"model":"gpt-5.5","input":[],${TAIL}}`],
    [
      `{"model":"gpt-5.5","stream":null,"input":null,"store":null,"include":null}`,
      '{"model":"gpt-5.5","stream":true,"input":[],"store":false,"include":["reasoning.encrypted_content"]}',
    ],
  ];
  for (const [text, expected] of FORCED) {
    test(`${text} streams, is not stored and brings its reasoning`, () =>
      expect(build(text)).toEqual({ text: expected, ignored: [] }));
  }

  test("each refused member goes by its name, wherever it stands", () => {
    for (const name of CHATGPT_REFUSED_MEMBERS) {
      const { text, ignored } = build(`{"${name}":1,"model":"gpt-5.5","input":[],${TAIL}}`);
      expect([name, text, ignored]).toEqual([name, body('"input":[]'), [name]]);
    }
  });

  test("what cannot be included goes, and is told", () => {
    const text =
      '{"model":"gpt-5.5","input":[],"stream":true,"store":false,"include":["file_search_call.results","web_search_call.action.sources"]}';
    const expected =
      '{"model":"gpt-5.5","input":[],"stream":true,"store":false,"include":["web_search_call.action.sources","reasoning.encrypted_content"]}';
    expect(build(text)).toEqual({ text: expected, ignored: ["include"] });
  });

  test("other clients are given the empty instructions that the official one may leave out", () => {
    expect(build(body('"input":[]'), { isCodexClient: false }).text).toBe(
      `${body('"input":[]').slice(0, -1)},"instructions":""}`,
    );
    expect(build(body('"input":[],"instructions":null'), { isCodexClient: false }).text).toBe(
      body('"input":[],"instructions":""'),
    );
    expect(build(body('"input":[]')).text).not.toContain("instructions");
  });

  test("no member of a list of tools within an item is touched", () => {
    const text = body('"input":[{"type":"additional_tools","tools":[{"type":"web_search_preview"}]}]');
    expect(build(text).text).toBe(text);
  });
});

describe("what stands behind a public name", () => {
  for (const [kind, plan] of [
    ["a ChatGPT account", CHATGPT],
    ["an API key", API_KEY],
  ] as const) {
    test(`is sent to ${kind}: model, effort and tier, and no other byte changes`, () => {
      const text =
        '{"model": "mine", "input":[{"n":1.0}],"reasoning":{ "summary":"auto", "effort":"low" },"service_tier":"flex","stream":true,"store":false,"include":["reasoning.encrypted_content"]}';
      const sent =
        '{"model": "gpt-5.5", "input":[{"n":1.0}],"reasoning":{ "summary":"auto", "effort":"max" },"service_tier":"priority","stream":true,"store":false,"include":["reasoning.encrypted_content"]}';
      expect(build(text, { ...plan, effort: "max", serviceTier: "priority" })).toEqual({ text: sent, ignored: [] });
    });
  }

  test("is added where the client said nothing", () => {
    const { text } = build(body('"input":[],"reasoning":null'), { effort: "high", serviceTier: "priority" });
    expect(text).toBe(`${body('"input":[],"reasoning":{"effort":"high"}').slice(0, -1)},"service_tier":"priority"}`);
  });
});

describe("a conversation taken over from another account (traps 14 and 15)", () => {
  const SEALED = '{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"}';
  const KEPT = [
    '{"type":"reasoning","id":"rs_2","summary":[{"text":"1.0"}]}',
    '{"type":"reasoning","id":"rs_3","encrypted_content":null}',
    '{"type":"function_call","call_id":"c1","arguments":"{}"}',
    '{"type":"function_call_output","call_id":"c1","output":[{"encrypted_content":"x"}]}',
    '{"type":"agent_message","content":[{"encrypted_content":"x"}]}',
    '{"type":"compaction","id":"cmp_1","encrypted_content":"x"}',
    '{"type":"message","role":"user","content":"encrypted_content"}',
  ];
  for (const [kind, plan] of [
    ["chatgpt", CHATGPT],
    ["api-key", API_KEY],
  ] as const) {
    test(`loses its sealed reasoning and no other byte (${kind})`, () => {
      const text = body(`"input":[${[SEALED, ...KEPT, SEALED].join(" ,")}]`);
      expect(build(text, { ...plan, sanitise: true }).text).toBe(body(`"input":[${KEPT.join(" ,")}]`));
      expect(build(text, plan).text).toBe(text);
    });
  }
});

describe("a body that is no turn", () => {
  const ROWS: readonly (readonly [string, Partial<BodyPlan>, string, string, readonly string[]])[] = [
    [
      "about items: is fitted to a ChatGPT account, but nothing is asked for that only turns have",
      { fit: "items", isCodexClient: false, effort: "high", serviceTier: "priority" },
      '{"model":"gpt-5.5","input":"hi","temperature":1,"service_tier":"flex"}',
      '{"model":"gpt-5.5","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],"instructions":""}',
      ["service_tier", "temperature"],
    ],
    [
      "about items: an effort takes the place of one that is there",
      { fit: "items", effort: "high" },
      '{"model":"gpt-5.5","input":[],"reasoning":{"effort":"low"},"service_tier":"auto"}',
      '{"model":"gpt-5.5","input":[],"reasoning":{"effort":"high"}}',
      [],
    ],
    [
      "about items: an API key gets it as it is, but for the tier",
      { ...API_KEY, fit: "items", serviceTier: "priority" },
      '{"model":"gpt-5.5", "input":"hi","service_tier":"priority"}',
      '{"model":"gpt-5.5", "input":"hi"}',
      ["service_tier"],
    ],
    [
      "of another kind: nothing changes but the model's name",
      { fit: "model", upstreamModel: "gpt-image-2", effort: "high", serviceTier: "priority" },
      '{"model":"gpt-5.5", "prompt":"a cat","n":1.0,"user":"u","input":"x"}',
      '{"model":"gpt-image-2", "prompt":"a cat","n":1.0,"user":"u","input":"x"}',
      [],
    ],
  ];
  for (const [what, plan, given, text, ignored] of ROWS) {
    test(what, () => expect(build(given, plan)).toEqual({ text, ignored }));
  }
});

describe("any body at all", () => {
  const anyBody = fc.record(
    {
      input: fc.oneof(
        fc.string(),
        fc.array(
          fc.record(
            { type: fc.string(), role: fc.constantFrom("system", "user"), id: fc.string() },
            { requiredKeys: [] },
          ),
        ),
      ),
      stream: fc.constantFrom(true, false, null),
      store: fc.boolean(),
      include: fc.array(fc.constantFrom("reasoning.encrypted_content", "x")),
      service_tier: fc.constantFrom("fast", "auto", "priority", null),
      temperature: fc.double({ noNaN: true }),
      reasoning: fc.record({ effort: fc.constantFrom("low", "ultra") }, { requiredKeys: [] }),
      tools: fc.array(fc.record({ type: fc.constantFrom("web_search_preview", "function") })),
      extra: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  test("is taken by a ChatGPT account after one pass, and a second pass changes nothing", () => {
    fc.assert(
      fc.property(anyBody, fc.boolean(), (given, isCodexClient) => {
        const once = build(JSON.stringify({ model: "gpt-5.5", ...given }), { isCodexClient });
        expect(build(once.text, { isCodexClient })).toEqual({ text: once.text, ignored: [] });
        const sent = JSON.parse(once.text) as Record<string, unknown>;
        expect([sent["stream"], sent["store"], Array.isArray(sent["input"])]).toEqual([true, false, true]);
        for (const name of CHATGPT_REFUSED_MEMBERS) expect(Object.keys(sent)).not.toContain(name);
        expect(sent["extra"]).toEqual(JSON.parse(JSON.stringify(given))["extra"]);
      }),
    );
  });

  test("reaches an API key character for character", () => {
    fc.assert(
      fc.property(anyBody, (given) => {
        const text = JSON.stringify({ model: "gpt-5.5", ...given });
        expect(build(text, API_KEY)).toEqual({ text, ignored: [] });
      }),
    );
  });
});
