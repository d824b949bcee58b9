/**
 * How does Codex's `config.toml` come to name the pool? Puts in two parts between marks and leaves every other byte as it
 * is; what TOML itself says before and after decides whether that went well. Pure.
 */
import type { ClientEdit, ClientEditor, PoolAddress } from "./client-edit.ts";

const PROVIDER = "codexuse";
const UNDO = "take out with: codexuse setup codex --undo";
const OPEN = `# >>> codexuse setup >>> (${UNDO})`;
/** Says that the newline before it came with it: the file had none at its end. */
const OPEN_OWN_LINE = `# >>> codexuse setup, on a line of its own >>> (${UNDO})`;
const CLOSE = "# <<< codexuse setup <<<";
const WAS = "# was: ";
const BYTE_ORDER_MARK = "\uFEFF";

const OWN_LINE_PART =
  /\r?\n# >>> codexuse setup, on a line of its own >>>[^\n]*\n[\s\S]*?^# <<< codexuse setup <<<\r?\n?/m;
const PART = /^# >>> codexuse setup >>>[^\n]*\n([\s\S]*?)^# <<< codexuse setup <<<(\r?\n)?/m;
const MARK = /^# (>>>|<<<) codexuse setup/m;
/** A line that sets the provider, wherever it stands; TOML says afterwards whether it was the one of the root. */
const PROVIDER_LINE = /^[ \t]*(?:model_provider|"model_provider"|'model_provider')[ \t]*=[^\n]*/gm;

type Table = Record<string, unknown>;

function parseToml(text: string): Table | null {
  try {
    return Bun.TOML.parse(text) as Table;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function providerTable(pool: PoolAddress): Record<string, string | boolean> {
  return {
    // Any name but "OpenAI" makes Codex compact by itself: such a conversation can move between accounts.
    name: "codexuse",
    base_url: pool.baseUrl,
    wire_api: "responses",
    // One connection for a thread, on which each turn sends what is new; without it Codex sends the whole thread each time.
    supports_websockets: true,
    env_key: pool.keyVariable,
    env_key_instructions: "Make a key with: codexuse account-pool keys create",
  };
}

function tableLines(pool: PoolAddress): string[] {
  const entries = Object.entries(providerTable(pool)).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [`[model_providers.${PROVIDER}]`, ...entries];
}

const CHOICE = `model_provider = "${PROVIDER}"`;

/** What to put in by hand where we cannot. */
function linesFor(pool: PoolAddress): string {
  return [CHOICE, "", ...tableLines(pool)].join("\n");
}

/** The ways to make the root name our provider, best first. */
function chosen(text: string, eol: string, isSet: boolean): string[] {
  if (!isSet) {
    const mark = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    const part = [OPEN, CHOICE, CLOSE, ""].join(eol);
    return [text.slice(0, mark) + part + text.slice(mark)];
  }
  return [...text.matchAll(PROVIDER_LINE)].map((match) => {
    const line = match[0].replace(/\r$/, "");
    const part = [OPEN, `${WAS}${line}`, CHOICE, CLOSE].join(eol);
    return text.slice(0, match.index) + part + text.slice(match.index + line.length);
  });
}

function withTable(text: string, eol: string, pool: PoolAddress): string {
  const lines = [...tableLines(pool), CLOSE, ""];
  if (text === "" || text.endsWith("\n")) return text + [OPEN, ...lines].join(eol);
  return text + eol + [OPEN_OWN_LINE, ...lines].join(eol);
}

function expected(before: Table, pool: PoolAddress): Table {
  const providers = isTable(before["model_providers"]) ? before["model_providers"] : {};
  return {
    ...before,
    model_provider: PROVIDER,
    model_providers: { ...providers, [PROVIDER]: providerTable(pool) },
  };
}

function add(text: string | null, pool: PoolAddress): ClientEdit {
  const refuse = (reason: string): ClientEdit => ({ kind: "refused", reason, lines: linesFor(pool) });
  const given = text ?? "";
  const before = parseToml(given);
  if (before === null) return refuse("the file is not valid TOML");
  if (MARK.test(given)) return refuse("a part of an earlier setup is left in it");
  if (isTable(before["model_providers"]) && PROVIDER in before["model_providers"]) {
    return refuse(`it has a provider named "${PROVIDER}" that this command did not write`);
  }
  const eol = given.includes("\r\n") ? "\r\n" : "\n";
  const wanted = expected(before, pool);
  const isSet = "model_provider" in before;
  for (const candidate of chosen(given, eol, isSet)) {
    const edited = withTable(candidate, eol, pool);
    // The last word is not ours: the file has to say what it said before, and the provider besides.
    if (Bun.deepEquals(parseToml(edited), wanted) && remove(edited) === given) return { kind: "edited", text: edited };
  }
  return refuse("it is written in a way that cannot be edited safely");
}

function restorePart(_part: string, inside: string, newline = ""): string {
  const [first = ""] = inside.split(/\r?\n/);
  return first.startsWith(WAS) ? first.slice(WAS.length) + newline : "";
}

function remove(text: string): string | null {
  // A byte order mark would keep the first line from being one.
  if (text.startsWith(BYTE_ORDER_MARK)) {
    const rest = remove(text.slice(1));
    return rest === null ? null : BYTE_ORDER_MARK + rest;
  }
  let rest = text.replace(OWN_LINE_PART, "");
  while (PART.test(rest)) rest = rest.replace(PART, restorePart);
  return MARK.test(rest) ? null : rest;
}

export const CODEX_EDITOR: ClientEditor = { add, remove };
