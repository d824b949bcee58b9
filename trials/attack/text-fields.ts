/** Every text that a client can send, filled with SQL, prototype keys, paths, escapes and NULs. */
import { parseMetrics } from "../../test/support/parse-metrics.ts";
import { bodyOf, callRaw, chatBodyOf, type RawRequest } from "../support/raw-client.ts";
import { closeDesk } from "../support/trial-home.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import type { Trial, TrialOptions } from "../trial.ts";

const TEXTS: readonly string[] = [
  ...[
    "'",
    '"',
    "';--",
    "' OR '1'='1",
    "'; DROP TABLE sessions; --",
    '"; DELETE FROM keys; --',
    "1; ATTACH DATABASE '/tmp/x' AS x",
  ],
  ...[
    "' UNION SELECT * FROM credentials --",
    "%27%20OR%201=1",
    "$1",
    "?",
    ":name",
    "@name",
    "\\",
    "\\'",
    "`",
    "/* */",
    "--",
  ],
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "__defineGetter__",
    "valueOf",
    "null",
    "undefined",
  ],
  ...[
    "../../etc/passwd",
    "..\\..\\windows",
    "file:///etc/passwd",
    "%00",
    "\u0000",
    "a\u0000b",
    "\u001b[2J\u001b]0;x\u0007",
    "\r\nX-A: b",
  ],
  ...[
    "\u202e\u2066",
    "\ud800",
    "😀".repeat(200),
    "a".repeat(5_000),
    " ",
    "\t",
    "-",
    "--help",
    "$(id)",
    "{{7*7}}",
    "%s%n",
  ],
];

const FIELDS: readonly ((text: string) => Record<string, unknown>)[] = [
  (text) => ({ model: text }),
  (text) => ({ model: `gpt-5.5-${text}` }),
  (text) => ({ prompt_cache_key: text }),
  (text) => ({ previous_response_id: text }),
  (text) => ({ conversation: text }),
  (text) => ({ instructions: text }),
  (text) => ({ service_tier: text }),
  (text) => ({ reasoning: { effort: text } }),
  (text) => ({ include: [text] }),
  (text) => ({ store: true, metadata: { [text]: text } }),
  (text) => ({ store: true, user: text, safety_identifier: text }),
  (text) => ({ [text]: text }),
];

const HEADERS = [
  "thread-id",
  "session-id",
  "session_id",
  "conversation_id",
  "x-session-id",
  "x-client-request-id",
  "x-codex-turn-state",
  "originator",
  "user-agent",
];

/** What can be written into a head at all. */
function headerText(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e]/g, "").slice(0, 2_000);
}

function requestsOf(key: string, text: string): RawRequest[] {
  const encoded = encodeURIComponent(text.toWellFormed());
  return [
    ...FIELDS.map((field) => ({ key, body: bodyOf("x", "plain", { stream: false, ...field(text) }) })),
    ...HEADERS.map((name) => ({
      key,
      headers: { [name]: headerText(text) },
      body: bodyOf("x", "", { prompt_cache_key: null }),
    })),
    { key, path: "/v1/chat/completions", body: chatBodyOf(text, { user: text, stream: false }) },
    {
      key,
      path: "/v1/chat/completions",
      body: JSON.stringify({ model: "gpt-5.5", messages: [{ role: text, content: text, name: text }] }),
    },
    { key, method: "GET", path: `/v1/models/${encoded}` },
    { key, method: "GET", path: `/v1/responses/${encoded}` },
    { key, method: "DELETE", path: `/v1/responses/${encoded}` },
    {
      key,
      method: "GET",
      path: `/v1/responses/${encoded}/input_items?limit=${encoded}&after=${encoded}&order=${encoded}`,
    },
  ];
}

/** Names that would end a label, a line or a family where they are not escaped. */
const NAMES = ['a"} 1\nevil{b="', "# HELP evil evil\n# TYPE evil counter\nevil 1\\"];

/** The figures name profiles: they stay whole under any name, hold none of the clients' texts, and need a key. */
async function checkMetrics({ home, daemon, breaches }: Stage): Promise<void> {
  const desk = await home.openDesk();
  const profiles = desk.settings().profiles();
  for (const [at, { id }] of profiles.entries())
    desk.settings().updateProfile(id, { name: NAMES[at] ?? `plain-${at}` });
  await callRaw(daemon.port, { key: home.key, body: bodyOf("x", "named") });
  const asked = { method: "GET", path: "/metrics", body: "" };
  const told = await callRaw(daemon.port, { ...asked, key: home.key });
  const text = told.text();
  const families = parseMetrics(text.slice(text.indexOf("# HELP"), text.lastIndexOf("\n") + 1));
  const names = new Set(families.flatMap(({ samples }) => samples.map(({ labels }) => labels["profile"] ?? "")));
  breaches.expect(
    NAMES.every((name) => names.has(name)),
    "a profile's name is not whole in the figures",
  );
  breaches.expect(!families.some(({ name }) => name === "evil"), "a profile's name became a figure");
  breaches.expect(!TEXTS.some((hostile) => hostile.length > 9 && text.includes(hostile)), "a client's text is a label");
  for (const key of [null, `${home.key.slice(0, -1)}~`]) {
    const status = (await callRaw(daemon.port, { ...asked, key })).status();
    breaches.expect(status === 401, `the figures were told to ${key === null ? "nobody" : "a wrong key"}: ${status}`);
  }
  const inUrl = await callRaw(daemon.port, { ...asked, path: `/metrics?key=${home.key}`, key: null });
  breaches.expect(inUrl.status() === 401, `the figures were told for a key in the URL: ${inUrl.status()}`);
  for (const { id, name } of profiles) desk.settings().updateProfile(id, { name });
  closeDesk(desk);
}

const SAFE = [200, 400, 404, 431];

async function run({ short }: TrialOptions) {
  const texts = short ? TEXTS.filter((_, at) => at % 12 === 4) : TEXTS;
  return withDaemon({ accounts: 2 }, async (stage) => {
    const { home, daemon, breaches } = stage;
    home.sim.reply("served");
    let tried = 0;
    for (const text of texts) {
      for (const request of requestsOf(home.key, text)) {
        tried += 1;
        const call = await callRaw(daemon.port, request);
        const what = `${request.method ?? "POST"} ${request.path ?? ""} with ${JSON.stringify(text.slice(0, 40))}`;
        breaches.expect(SAFE.includes(call.status()), `${what}: ${call.status()} ${call.text().slice(-200)}`);
        breaches.expect(!/^X-A:/im.test(call.text()), `${what}: a header was smuggled into the answer`);
      }
    }
    await checkMetrics(stage);
    const desk = await home.openDesk();
    const [settings, runtime] = [desk.settings(), desk.runtime("daemon")];
    breaches.expect(settings.damage().length + runtime.damage().length === 0, "a file is damaged");
    breaches.expect(settings.profiles().length === 2 && runtime.keys().length === 1, "profiles or keys are gone");
    const paused = settings.profiles().filter((profile) => profile.signIn.state !== "ok");
    breaches.expect(paused.length === 0, "a text of a client ended a sign-in");
    const sessions = runtime.sessions().length;
    breaches.expect(sessions > texts.length, `only ${sessions} sessions: texts were taken for each other`);
    closeDesk(desk);
    breaches.expect(home.sim.violations.length === 0, `upstream saw ${home.sim.violations[0]?.kind}`);
    return {
      name: "hostile texts",
      tried: `${texts.length} texts in ${requestsOf("", "").length} places each, ${tried} requests`,
      found: `200, 400 or 404 for each; tables and figures whole, ${sessions} sessions told apart`,
    };
  });
}

export const textFieldsTrial: Trial = { name: "hostile texts", run };
