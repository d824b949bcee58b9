/**
 * `npm run bench`: everything that `codexuse bench` measures and how cost grows, written to docs/performance.md.
 *
 * Options: --short (writes no document) · --json · --source (measure the source instead of dist/codexuse) · --target=URL
 * --target-key=KEY (any other proxy, with the same load)
 */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDesk } from "../src/app.ts";
import { type Figure, renderMarkdown, rowsOf } from "../src/bench/figures.ts";
import { FULL_PLAN, runBench, SHORT_PLAN } from "../src/bench/run-bench.ts";
import { measureGrownChoices } from "./grown-choices.ts";
import { GROWTH, measureGrowth, measureInput } from "./measure-growth.ts";
import { renderPerformance } from "./render-performance.ts";
import { measureSockets, type SocketFigures } from "./sockets.ts";

const ROOT = join(import.meta.dir, "..");

/** Bun reads it before our first line runs: holding thousands of streams open takes as many requests. */
const REQUESTS_MAX = "BUN_CONFIG_MAX_HTTP_REQUESTS";
if (process.env[REQUESTS_MAX] === undefined) {
  const words = [process.execPath, import.meta.path, ...process.argv.slice(2)];
  const stdio = ["inherit", "inherit", "inherit"] as const;
  const child = Bun.spawn(words, { stdio: [...stdio], env: { ...process.env, [REQUESTS_MAX]: "16384" } });
  process.exit(await child.exited);
}

const { values: flags } = parseArgs({
  options: {
    short: { type: "boolean" },
    json: { type: "boolean" },
    source: { type: "boolean" },
    target: { type: "string" },
    "target-key": { type: "string" },
  },
});
const built = join(ROOT, "dist/codexuse");
const fromSource = [process.execPath, join(ROOT, "src/main.ts")];
const binary = flags.source === true || !existsSync(built) ? null : built;
const home = mkdtempSync(join(tmpdir(), "codexuse-bench-choices-"));

try {
  const besides: { grown: readonly Figure[]; sockets: SocketFigures | null } = { grown: [], sockets: null };
  const report = await runBench(
    {
      env: process.env,
      program: binary === null ? fromSource : [binary],
      part: [...fromSource, "bench"],
      openDesk,
      other: flags.target === undefined ? null : { url: flags.target, key: flags["target-key"] ?? "" },
    },
    flags.short === true ? SHORT_PLAN : FULL_PLAN,
    (text) => console.error(text),
    async (world) => {
      if (flags.short === true) return [];
      console.error("Measuring: WebSocket beside HTTP …");
      besides.sockets = await measureSockets(world, FULL_PLAN.rounds);
      console.error("Measuring: growth …");
      besides.grown = [
        ...(await measureInput(world, GROWTH)),
        ...(await measureGrowth(world, GROWTH)),
        ...(await measureGrownChoices(home)),
      ];
      return [];
    },
  );
  const { grown, sockets } = besides;
  const whole = { ...report, figures: [...report.figures, ...grown], sockets };
  if (flags.json === true) console.log(JSON.stringify(whole, null, 2));
  else console.log(`${report.machine}\n\n${renderMarkdown(rowsOf(whole.figures))}`);
  if (flags.short !== true) {
    const binaryBytes = binary === null ? null : statSync(binary).size;
    const text = renderPerformance({ report, grown, sockets, binaryBytes });
    writeFileSync(join(ROOT, "docs/performance.md"), text);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
