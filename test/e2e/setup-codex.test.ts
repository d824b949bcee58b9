/** The real Codex CLI with the configuration that `codexuse setup codex` writes. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installCodex, readStory } from "../support/run-codex.ts";
import { describeRun, expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { startBinary } from "../support/start-binary.ts";

setDefaultTimeout(60_000);

test("Codex works through the pool after setup, and its file is as before after --undo (trap 47)", async () => {
  const pool = await startBinary();
  const codex = installCodex(
    { baseUrl: "http://127.0.0.1:1/v1", key: "unused" },
    { env: { CODEXUSE_API_KEY: pool.key } },
  );
  const config = join(codex.codexHome, "config.toml");
  const before = readFileSync(config, "utf8");
  const env = { ...pool.env, CODEX_HOME: codex.codexHome, CODEXUSE_API_KEY: pool.key };
  const setUp = (...words: string[]) =>
    runProcess([pool.executable, "setup", "codex", ...words, "--json"], { cwd: pool.folder, env });
  expect(jsonOf(expectExit(await setUp("--runtime=daemon"), 0))).toMatchObject({ changed: true, key: null });

  const run = expectExit(await codex.exec("hello"), 0);
  expect(readStory(run).failure, describeRun(run)).toBeNull();
  expect(pool.sim.turnsOf().map(({ transport }) => transport)).toEqual(["socket"]);

  expect(jsonOf(expectExit(await setUp("--undo"), 0))).toMatchObject({ changed: true });
  expect(readFileSync(config, "utf8").startsWith(before)).toBe(true);
});
