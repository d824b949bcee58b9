/** The examples of the documents, run as somebody runs them who has copied them, but for the port. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findClient } from "../support/run-client.ts";
import { bareEnvironment, expectExit, runProcess } from "../support/run-process.ts";
import { startBinary } from "../support/start-binary.ts";
import { useTempHome } from "../support/temp-home.ts";

setDefaultTimeout(90_000);

const ROOT = join(import.meta.dir, "..", "..");
const ADDRESS = "http://127.0.0.1:3773/v1";

function examplesOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
}

test("every example in JavaScript runs, and tells what the model said", async () => {
  const examples = ["README.md", "docs/api.md"].flatMap(examplesOf);
  expect(examples.length).toBeGreaterThan(5);
  const pool = await startBinary();
  pool.sim.reply("Hello from the pool");
  const folder = useTempHome();
  symlinkSync(join(findClient("openai"), ".."), join(folder, "node_modules"));
  const env = bareEnvironment(folder, { CODEXUSE_API_KEY: pool.key });
  for (const example of examples) {
    expect(example).toContain(ADDRESS);
    writeFileSync(join(folder, "example.mjs"), example.replaceAll(ADDRESS, pool.baseUrl));
    const run = expectExit(await runProcess(["node", "example.mjs"], { cwd: folder, env }), 0);
    expect(run.stdout.trim()).toBe("Hello from the pool");
  }
});
