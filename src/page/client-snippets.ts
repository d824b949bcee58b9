/** What does a client's owner paste to use the pool? Pure. The key comes from the environment, so no line holds a secret. */

export interface Snippet {
  readonly id: string;
  readonly title: string;
  /** Where it goes. */
  readonly place: string;
  readonly text: string;
}

export const KEY_VARIABLE = "CODEXUSE_API_KEY";

function curlText(baseUrl: string, model: string): string {
  return [
    `curl ${baseUrl}/responses \\`,
    `  -H "Authorization: Bearer $${KEY_VARIABLE}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify({ model, input: "Hello!" })}'`,
  ].join("\n");
}

function pythonText(baseUrl: string, model: string): string {
  return [
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${JSON.stringify(baseUrl)}, api_key=os.environ["${KEY_VARIABLE}"])`,
    `print(client.responses.create(model=${JSON.stringify(model)}, input="Hello!").output_text)`,
  ].join("\n");
}

function javascriptText(baseUrl: string, model: string): string {
  return [
    'import OpenAI from "openai";',
    "",
    `const client = new OpenAI({ baseURL: ${JSON.stringify(baseUrl)}, apiKey: process.env.${KEY_VARIABLE} });`,
    `const answer = await client.responses.create({ model: ${JSON.stringify(model)}, input: "Hello!" });`,
    "console.log(answer.output_text);",
  ].join("\n");
}

function codexText(baseUrl: string): string {
  return [
    'model_provider = "codexuse"',
    "",
    "[model_providers.codexuse]",
    'name = "codexuse"',
    `base_url = ${JSON.stringify(baseUrl)}`,
    'wire_api = "responses"',
    `env_key = "${KEY_VARIABLE}"`,
  ].join("\n");
}

function opencodeText(baseUrl: string, models: readonly string[]): string {
  const provider = {
    npm: "@ai-sdk/openai",
    name: "codexuse",
    options: { baseURL: baseUrl, apiKey: `{env:${KEY_VARIABLE}}` },
    models: Object.fromEntries(models.map((model) => [model, {}])),
  };
  const config = { $schema: "https://opencode.ai/config.json", provider: { codexuse: provider } };
  return JSON.stringify(config, null, 2);
}

const DEFAULT_MODEL = "gpt-5.5";

/** `models` are the published names; the first is asked for. `runtime` is whose address and keys are meant. */
export function clientSnippets(baseUrl: string, models: readonly string[], runtime: string): Snippet[] {
  const model = models[0] ?? DEFAULT_MODEL;
  const setup = (client: string) => `By itself: codexuse setup ${client} --runtime=${runtime}`;
  return [
    { id: "curl", title: "curl", place: "In a shell", text: curlText(baseUrl, model) },
    { id: "python", title: "Python", place: "pip install openai", text: pythonText(baseUrl, model) },
    { id: "javascript", title: "JavaScript", place: "npm install openai", text: javascriptText(baseUrl, model) },
    { id: "codex", title: "Codex", place: `~/.codex/config.toml. ${setup("codex")}`, text: codexText(baseUrl) },
    {
      id: "opencode",
      title: "opencode",
      place: `opencode.json. ${setup("opencode")}`,
      text: opencodeText(baseUrl, models.length > 0 ? models : [DEFAULT_MODEL]),
    },
  ];
}
