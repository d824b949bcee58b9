/**
 * Every command of the compiled program, walked like a table on a pool at work: its help, its `--json` document with the
 * fields that scripts hold on to, a flag that there is not, and a thing that there is not.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Value } from "typebox/value";
import { type Command, isGroup } from "../../src/commands/command.ts";
import { root } from "../../src/commands/root.ts";
import { OPERATIONS } from "../../src/operations/list.ts";
import {
  bareEnvironment,
  describeRun,
  expectExit,
  jsonOf,
  type ProcessRun,
  runProcess,
} from "../support/run-process.ts";
import { type BinaryPool, createKey, installBinary, startBinary } from "../support/start-binary.ts";

setDefaultTimeout(120_000);

/** What is known only once the pool is there. */
interface Names {
  readonly turn: string;
  readonly session: string;
  readonly keyId: string;
  readonly authJson: string;
  readonly folder: string;
}

interface Verb {
  readonly name: string;
  /** What follows the name when all goes well; null for what does not end by itself, which other tests start. */
  readonly words: ((names: Names) => readonly string[]) | null;
  readonly exitCode?: number;
  readonly stdin?: string;
  /** Fields of the document. Operations are checked against their whole shape besides. */
  readonly fields: readonly string[];
  /** What follows the name where the thing is not there, and how that ends. */
  readonly missing?: readonly [words: readonly string[], exitCode: number];
}

const CHANGE = ["changed", "before", "after", "untouched"];
const DAEMON = ["runtime", "running", "pid", "port", "base_url", "version", "uptime_s", "log"];
const KEY_LINE = `sk-proj-${"a1B2".repeat(10)}\n`;
const none = (): readonly string[] => [];
const fixed =
  (...words: string[]) =>
  () =>
    words;

/** In the order in which they are run: what one makes, the next ones use. */
const VERBS: readonly Verb[] = [
  {
    name: "account-pool status",
    words: fixed("--runtime=daemon"),
    fields: [
      ...["enabled", "runtime", "running", "pid", "port", "base_url", "routing", "fast", "keys", "sessions", "models"],
      ...["profiles", "hint", "profiles.0.name", "profiles.0.selected", "profiles.0.kind", "profiles.0.email"],
      ...["profiles.0.plan", "profiles.0.account", "profiles.0.duplicate_of", "profiles.0.state"],
      ...["profiles.0.headroom_percent", "profiles.0.windows", "profiles.0.windows.0.minutes"],
      ...["profiles.0.windows.0.used_percent", "profiles.0.windows.0.resets_at", "profiles.0.cooldown"],
      ...["profiles.0.reserve_percent", "profiles.0.in_flight"],
    ],
  },
  { name: "account-pool disable", words: none, fields: CHANGE },
  { name: "account-pool enable", words: none, fields: CHANGE },
  { name: "account-pool profiles list", words: none, fields: ["profiles.2.name"] },
  { name: "account-pool profiles remove", words: fixed("gamma"), fields: CHANGE, missing: [["nobody"], 5] },
  { name: "account-pool profiles add", words: fixed("gamma"), fields: CHANGE, missing: [["nobody"], 5] },
  { name: "account-pool routing", words: none, fields: [...CHANGE, "after.routing"], missing: [["fastest"], 2] },
  { name: "account-pool models refresh", words: none, fields: ["accounts.0.profile", "models"] },
  {
    name: "account-pool models list",
    words: none,
    fields: ["id", "kind", "model", "effort", "fast", "exposed"].map((field) => `models.0.${field}`),
  },
  { name: "account-pool models hide", words: fixed("gpt-5.5"), fields: CHANGE, missing: [["gpt-0"], 5] },
  { name: "account-pool models expose", words: fixed("gpt-5.5"), fields: CHANGE, missing: [["gpt-0"], 5] },
  {
    name: "account-pool aliases add",
    words: fixed("deep", "--model=gpt-5.5", "--effort=high"),
    fields: CHANGE,
    missing: [["deeper", "--model=gpt-0"], 5],
  },
  { name: "account-pool aliases list", words: none, fields: ["aliases.0.name"] },
  { name: "account-pool aliases remove", words: fixed("deep"), fields: CHANGE, missing: [["deeper"], 5] },
  { name: "account-pool fast", words: none, fields: [...CHANGE, "after.fast"], missing: [["maybe"], 2] },
  {
    name: "account-pool keys create",
    words: fixed("--name=spare", "--runtime=daemon"),
    fields: ["id", "name", "runtime", "key", "base_url"],
  },
  {
    name: "account-pool keys list",
    words: fixed("--runtime=daemon"),
    fields: ["id", "name", "runtime", "last4", "created_at", "last_used_at"].map((field) => `keys.0.${field}`),
  },
  {
    name: "account-pool keys revoke",
    words: ({ keyId }) => [keyId, "--runtime=daemon", "--yes"],
    fields: ["changed", "id"],
    missing: [["key_none", "--runtime=daemon", "--yes"], 5],
  },
  {
    name: "account-pool explain",
    words: ({ turn }) => [turn, "--runtime=daemon"],
    fields: [
      ...["id", "session", "key", "model", "started_at", "ended"].map((field) => `turn.${field}`),
      ...["profile", "outcome", "reason", "ms"].map((field) => `turn.attempts.0.${field}`),
      ...["profile", "verdict", "reason"].map((field) => `turn.considered.0.${field}`),
    ],
    missing: [["turn_none", "--runtime=daemon"], 5],
  },
  {
    name: "account-pool sessions list",
    words: fixed("--runtime=daemon"),
    fields: ["id", "profile", "model", "key", "turns", "rollovers", "created_at", "last_used_at", "affinity"].map(
      (field) => `sessions.0.${field}`,
    ),
  },
  {
    name: "account-pool sessions show",
    words: ({ session }) => [session, "--runtime=daemon"],
    fields: ["session.id"],
    missing: [["ses_none", "--runtime=daemon"], 5],
  },
  {
    name: "account-pool sessions end",
    words: ({ session }) => [session, "--runtime=daemon"],
    fields: ["changed"],
    missing: [["ses_none", "--runtime=daemon"], 5],
  },
  { name: "profile list", words: none, fields: ["profiles.0.name"] },
  {
    name: "profile add",
    words: fixed("platform", "--api-key=-"),
    stdin: KEY_LINE,
    fields: ["profile.name"],
    missing: [["alpha", "--api-key=-"], 6],
  },
  {
    name: "profile refresh",
    words: fixed("platform", "--api-key=-"),
    stdin: KEY_LINE,
    fields: ["profile.name"],
    missing: [["nobody", "--api-key=-"], 5],
  },
  {
    name: "profile import",
    words: ({ authJson }) => [authJson, "--name=extra"],
    fields: ["profiles.0.name"],
    missing: [["/nowhere/auth.json"], 5],
  },
  {
    name: "profile link",
    words: ({ authJson }) => [authJson, "--name=linked"],
    fields: ["profile.name"],
    missing: [["/nowhere/auth.json"], 5],
  },
  { name: "profile rename", words: fixed("linked", "other"), fields: CHANGE, missing: [["nobody", "x"], 5] },
  { name: "profile reserve", words: fixed("beta", "10"), fields: CHANGE, missing: [["nobody", "10"], 5] },
  { name: "profile proxy", words: fixed("beta", "none"), fields: CHANGE, missing: [["nobody", "none"], 5] },
  {
    name: "profile export",
    words: ({ folder }) => ["beta", `--to=${join(folder, "exported.json")}`],
    fields: ["name", "path", "warnings"],
    missing: [["nobody", "--to=x.json"], 5],
  },
  { name: "profile rekey", words: none, fields: ["changed", "before", "after", "sign_ins"] },
  { name: "profile remove", words: fixed("other", "--yes"), fields: ["changed"], missing: [["nobody", "--yes"], 5] },
  {
    name: "setup codex",
    words: fixed("--runtime=daemon"),
    fields: ["client", "path", "changed", "diff", "key"],
  },
  { name: "setup opencode", words: fixed("--dry-run"), fields: ["client", "path", "changed", "diff", "key"] },
  { name: "setup env", words: fixed("--runtime=daemon"), fields: ["variables", "key"] },
  { name: "doctor", words: none, exitCode: 0, fields: ["ok", "version", "home", "findings"] },
  { name: "completion", words: fixed("bash"), fields: ["shell", "script"], missing: [["tcsh"], 2] },
  { name: "demo", words: fixed("--once"), fields: ["ok", "scenes", "profiles"] },
  // It takes a minute: test/integration/bench.test.ts has it.
  { name: "bench", words: null, fields: [] },
  {
    name: "backup",
    words: ({ folder }) => [join(folder, "home.backup")],
    fields: ["path", "bytes", "with_key", "left_out"],
  },
  { name: "desktop", words: null, fields: [] },
  { name: "daemon run", words: null, fields: [], missing: [["--port=0"], 6] },
  { name: "daemon status", words: none, fields: DAEMON },
  { name: "daemon start", words: none, fields: [...DAEMON, "changed"] },
  { name: "daemon install", words: fixed("--user", "--print"), fields: ["format", "path", "text"] },
  { name: "daemon uninstall", words: none, fields: ["scope", "changed"] },
  { name: "daemon restart", words: none, fields: [...DAEMON, "changed", "forced"] },
  { name: "daemon logs", words: fixed("--lines=5"), fields: ["log", "lines.0"] },
  { name: "daemon stop", words: none, fields: [...DAEMON, "changed", "forced"] },
  {
    name: "restore",
    words: ({ folder }) => [join(folder, "home.backup"), "--force"],
    fields: ["home", "files", "aside", "sign_ins"],
    // The runtime still serves then.
    missing: [["home.backup", "--force"], 6],
  },
];

async function leafNames(command: Command, path: readonly string[]): Promise<string[]> {
  if (!isGroup(command)) return [path.join(" ")];
  const below = Object.entries(command.subCommands).map(async ([name, open]) =>
    leafNames(await open(), [...path, name]),
  );
  return (await Promise.all(below)).flat();
}

/** A pool that has served, with a name for everything that a command may be given. */
async function aPoolAtWork(): Promise<{ readonly pool: BinaryPool; readonly names: Names }> {
  const pool = await startBinary({ accounts: ["alpha", "beta", "gamma"] });
  const turns = await Promise.all(
    ["one", "two", "three"].map(async (input) => {
      const answer = await pool.ask("/v1/responses", {
        method: "POST",
        body: JSON.stringify({ model: "gpt-5.5", input }),
      });
      expect(answer.status).toBe(200);
      await answer.text();
      return answer.headers;
    }),
  );
  const { id: keyId } = await createKey(pool, "daemon");
  const authJson = join(pool.home, "..", "extra.auth.json");
  const account = pool.sim.addChatgptAccount({ name: "extra" });
  const old = new Date(Date.now() - 3_600_000).toISOString();
  writeFileSync(authJson, JSON.stringify({ ...account.authJson(), last_refresh: old }), { mode: 0o600 });
  const header = (name: string) => turns[0]?.get(name) ?? "";
  const names = { keyId, authJson, folder: join(pool.home, "..") };
  return { pool, names: { ...names, turn: header("x-codexuse-turn"), session: header("x-codexuse-session") } };
}

function fieldOf(document: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }, document);
}

function checkDocument(verb: Verb, run: ProcessRun): void {
  const document = jsonOf(expectExit(run, verb.exitCode ?? 0));
  const absent = verb.fields.filter((field) => fieldOf(document, field) === undefined);
  expect([verb.name, absent]).toEqual([verb.name, []]);
  const operation = OPERATIONS.find(({ name }) => name === verb.name.replaceAll(" ", "."));
  if (operation === undefined) return;
  const complaints = [...Value.Errors(operation.output, document)].map((error) => JSON.stringify(error));
  expect([verb.name, ...complaints]).toEqual([verb.name]);
}

function checkError(run: ProcessRun, exitCode: number): void {
  const { error } = jsonOf(expectExit(run, exitCode)) as { error?: Record<string, unknown> };
  expect(Object.keys(error ?? {}).sort(), describeRun(run)).toEqual(["code", "hint", "message"]);
}

/** Two at a time: the machine that runs this may have no more to give. */
async function forEachVerb(act: (verb: Verb) => Promise<void>): Promise<void> {
  const rest = [...VERBS];
  const work = async (): Promise<void> => {
    for (let verb = rest.shift(); verb !== undefined; verb = rest.shift()) await act(verb);
  };
  await Promise.all([work(), work()]);
}

describe("every command of the compiled program", () => {
  test("is in this table", async () => {
    const names = VERBS.map(({ name }) => name);
    expect((await leafNames(root, [])).filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("has a page of help with an example, refuses unknown flags, fails as agreed, and answers as agreed", async () => {
    const { pool, names } = await aPoolAtWork();
    const env = bareEnvironment(names.folder, { ...pool.env, CODEX_HOME: join(names.folder, "codex") });
    const run = (words: readonly string[], stdin?: string) =>
      runProcess([pool.executable, ...words], { cwd: pool.folder, env, ...(stdin === undefined ? {} : { stdin }) });

    const failures: string[] = [];
    const attempt = async (act: () => Promise<void>) => {
      await act().catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
    };
    const askWrong = async ({ name, missing, stdin }: Verb): Promise<void> => {
      const path = name.split(" ");
      const help = expectExit(await run([...path, "--help"]), 0);
      expect([name, help.stderr]).toEqual([name, ""]);
      expect(help.stdout).toContain(`\nUsage: codexuse ${name} `);
      expect(help.stdout).toContain(`\nExamples:\n  codexuse ${name}`);
      for (const line of help.stdout.split("\n").filter((text) => !text.startsWith("  codexuse "))) {
        expect(Bun.stringWidth(line), `${name}: ${line}`).toBeLessThanOrEqual(80);
      }
      checkError(await run([...path, "--bogus", "--json"]), 2);
      if (missing !== undefined) checkError(await run([...path, ...missing[0], "--json"], stdin), missing[1]);
    };
    const askRight = async (verb: Verb): Promise<void> => {
      if (verb.words === null) return;
      const words = [...verb.name.split(" "), ...verb.words(names), "--json"];
      checkDocument(verb, await run(words, verb.stdin));
    };
    await forEachVerb((verb) => attempt(() => askWrong(verb)));
    for (const verb of VERBS) await attempt(() => askRight(verb));
    expect(failures).toEqual([]);
    checkError(await run(["daemon", "logs", "--json", "--follow"]), 2);
    expect(jsonOf(expectExit(await run(["daemon", "status", "--json"]), 3))).toMatchObject({ running: false });
  });
});

describe("a word on stdout", () => {
  test("is for a person without --json, and all talk is on stderr", async () => {
    const { pool } = await aPoolAtWork();
    const changed = await pool.run("account-pool", "routing", "round-robin");
    expect(changed.stdout).toBe("Routing: least-used → round-robin\n");
    expect(changed.stderr).toContain("Running sessions stay");
    const wrong = await pool.run("account-pool", "routing", "--bogus");
    expect([wrong.exitCode, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr).toContain("Unknown option --bogus.");
  });

  test("is that a sign-in is refused, with the exit code for it, when upstream says so", async () => {
    const program = await installBinary();
    const { personal_access_token: token } = program.sim.addChatgptAccount({ name: "ended" }).personalAuthJson();
    const words = [program.executable, "profile", "add", "ended", "--access-token=-", "--json"];
    checkError(await runProcess(words, { cwd: program.folder, env: program.env, stdin: `${token}x\n` }), 4);
  });
});
