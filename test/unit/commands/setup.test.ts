import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkPoolKey, hashPoolKey } from "../../../src/operations/pool-key.ts";
import { aDesk, type TestDesk } from "../../support/a-desk.ts";
import { type CliRun, runCli } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";

interface Scene {
  readonly desk: TestDesk;
  readonly config: string;
  readonly env: Record<string, string>;
  run(line: string, extra?: Record<string, string>): Promise<CliRun>;
  json(line: string, extra?: Record<string, string>): Promise<Record<string, unknown>>;
}

const ORIGINAL = 'model = "gpt-5.5"\n[tui]\nnotifications = true\n';

function aScene(): Scene {
  const folder = useTempHome();
  const codexHome = join(folder, "codex");
  mkdirSync(codexHome);
  writeFileSync(join(codexHome, "config.toml"), ORIGINAL);
  writeFileSync(join(codexHome, "auth.json"), "{}");
  const desk = aDesk({ home: join(folder, "home") });
  desk.daemonStore.setPort(4100);
  const env = { CODEX_HOME: codexHome, XDG_CONFIG_HOME: join(folder, "config") };
  const run = (line: string, extra: Record<string, string> = {}) => runCli(line, { desk, env: { ...env, ...extra } });
  return {
    desk,
    config: join(codexHome, "config.toml"),
    env,
    run,
    json: async (line, extra) => {
      const done = await run(`${line} --json`, extra);
      expect([done.stderr, done.code]).toEqual(["", 0]);
      return JSON.parse(done.stdout);
    },
  };
}

describe("codexuse setup codex", () => {
  test("shows the change, writes it, makes one key and keeps it out of the file (trap 47)", async () => {
    const { desk, config, json } = aScene();
    const done = await json("setup codex --runtime=daemon");
    expect(done).toMatchObject({ client: "codex", path: config, changed: true, dry_run: false });
    expect(done["diff"]).toContain('+model_provider = "codexuse"');
    const { key, runtime } = done["key"] as { key: string; runtime: string };
    expect([checkPoolKey(key), runtime]).toEqual(["ok", "daemon"]);
    expect(desk.daemonStore.keyByHash(hashPoolKey(key))).toMatchObject({ name: "codex", revokedAtMs: null });
    const text = readFileSync(config, "utf8");
    expect(text).toContain('base_url = "http://127.0.0.1:4100/v1"');
    expect(text).not.toContain(key);
    expect(readFileSync(join(config, "..", "auth.json"), "utf8")).toBe("{}");
  });

  test("does nothing the second time, and makes no second key", async () => {
    const { desk, json } = aScene();
    await json("setup codex --runtime=daemon");
    expect(await json("setup codex --runtime=daemon")).toMatchObject({ changed: false, key: null, diff: [] });
    expect(desk.daemonStore.keys()).toHaveLength(1);
  });

  test("takes the key that the environment holds, when the runtime accepts it", async () => {
    const { desk, json } = aScene();
    const { key } = await json("account-pool keys create --runtime=daemon");
    expect(await json("setup codex --runtime=daemon", { CODEXUSE_API_KEY: String(key) })).toMatchObject({ key: null });
    expect(await json("setup codex", { CODEXUSE_API_KEY: String(key) })).toMatchObject({ key: { runtime: "desktop" } });
    expect([desk.daemonStore.keys().length, desk.desktopStore.keys().length]).toEqual([1, 1]);
  });

  test("shows with --dry-run and writes nothing, no key either", async () => {
    const { desk, config, env, json } = aScene();
    const before = readdirSync(env["CODEX_HOME"] ?? "");
    expect(await json("setup codex --runtime=daemon --dry-run")).toMatchObject({
      dry_run: true,
      changed: false,
      key: null,
    });
    expect(readFileSync(config, "utf8")).toBe(ORIGINAL);
    expect([readdirSync(env["CODEX_HOME"] ?? ""), desk.daemonStore.keys(), existsSync(desk.home)]).toEqual([
      before,
      [],
      false,
    ]);
  });

  test("is undone to the byte, and names the key that still works", async () => {
    const { config, run, json } = aScene();
    const { key } = await json("setup codex --runtime=daemon");
    const undone = await run("setup codex --undo");
    expect(undone.code).toBe(0);
    expect(undone.stderr).toContain(`keys revoke ${(key as { id: string }).id} --runtime=daemon`);
    expect(readFileSync(config, "utf8")).toBe(ORIGINAL);
    expect(await json("setup codex --undo")).toMatchObject({ changed: false });
  });

  test("leaves a file alone that it cannot edit, and says what to add", async () => {
    const { config, run } = aScene();
    writeFileSync(config, "not = = toml\n");
    const refused = await run("setup codex --runtime=daemon");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("[model_providers.codexuse]");
    expect(readFileSync(config, "utf8")).toBe("not = = toml\n");
  });
});

describe("codexuse setup opencode", () => {
  test("adds a provider with the published names, and is undone without a trace", async () => {
    const { env, json } = aScene();
    const done = await json("setup opencode --runtime=daemon");
    const path = join(env["XDG_CONFIG_HOME"] ?? "", "opencode", "opencode.json");
    expect(done).toMatchObject({ client: "opencode", path, changed: true });
    const { provider } = JSON.parse(readFileSync(path, "utf8"));
    expect(provider.codexuse.options).toEqual({
      baseURL: "http://127.0.0.1:4100/v1",
      apiKey: "{env:CODEXUSE_API_KEY}",
    });
    const { models } = await json("account-pool status --runtime=daemon");
    expect(Object.keys(provider.codexuse.models)).toEqual(models as string[]);
    await json("setup opencode --undo");
    expect(existsSync(env["XDG_CONFIG_HOME"] ?? "")).toBe(false);
  });
});

describe("codexuse setup env", () => {
  test("prints lines for a shell and nothing else on stdout", async () => {
    const { run } = aScene();
    const done = await run("setup env --runtime=daemon");
    const [base, key, own, ...rest] = done.stdout.trimEnd().split("\n");
    expect(base).toBe("export OPENAI_BASE_URL=http://127.0.0.1:4100/v1");
    expect(key).toMatch(/^export OPENAI_API_KEY=cux_pool_[0-9A-Za-z]{38}$/);
    expect(own).toBe(key?.replace("OPENAI", "CODEXUSE") ?? "");
    expect(rest).toEqual([]);
  });

  test("makes no key with --dry-run, and takes the lines back with --undo", async () => {
    const { desk, run } = aScene();
    expect((await run("setup env --dry-run")).stdout).not.toMatch(/cux_pool_[0-9A-Za-z]{38}/);
    expect(desk.desktopStore.keys()).toEqual([]);
    expect((await run("setup env --undo")).stdout).toBe(
      "unset OPENAI_BASE_URL\nunset OPENAI_API_KEY\nunset CODEXUSE_API_KEY\n",
    );
  });
});
