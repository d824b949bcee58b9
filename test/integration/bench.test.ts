/** The bench itself, at its smallest: every measure is taken of every target, and nothing stays behind. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDesk } from "../../src/app.ts";
import { rowsOf } from "../../src/bench/figures.ts";
import { runBench } from "../../src/bench/run-bench.ts";
import { startPool } from "../support/start-pool.ts";

const SOURCE = [process.execPath, join(import.meta.dir, "../../src/main.ts")];
const homes = () => readdirSync(tmpdir()).filter((name) => name.startsWith("codexuse-bench-"));

test("the bench measures all of its targets, another proxy too, and leaves nothing behind", async () => {
  const before = homes();
  const pool = await startPool({ accounts: ["alpha"] });
  const report = await runBench(
    {
      env: process.env,
      program: SOURCE,
      part: [...SOURCE, "bench"],
      openDesk,
      other: { url: `${pool.baseUrl}/responses`, key: pool.key },
    },
    {
      rounds: 1,
      rateRounds: 1,
      warmUpTurns: 4,
      warmUpStreams: 1,
      timedTurns: 1,
      manyTurns: 4,
      largeEvents: 50,
      openStreams: [4],
    },
    () => undefined,
  );
  const [titles = [], ...rows] = rowsOf(report.figures);
  expect(titles).toEqual([
    "",
    "direct",
    "bare proxy",
    "reading proxy",
    "codexuse",
    "other",
    "codexuse against bare",
    "wanted",
  ]);
  const flow = (where: string) => [
    `to first output, 100 kB of input, p50${where} (ms)`,
    `to first output, 100 kB of input, p99${where} (ms)`,
    `whole turn, the same, p50${where} (ms)`,
    `to first output, 100 kB of input, each turn after one of every other, p50${where} (ms)`,
    `small streams, 16 at a time${where} (turns/s)`,
    `1,000 of them${where} (CPU ms)`,
    `answers in one piece, 16 at a time${where} (turns/s)`,
    `1,000 of them${where} (CPU ms)`,
    `streams of 50 events, 4 at a time${where} (events/s)`,
  ];
  expect(rows.map(([what]) => what)).toEqual([
    ...flow(""),
    "memory when idle (MiB)",
    "from start to ready (ms)",
    "memory of one of 4 open streams (KiB)",
    "to the first byte of a new turn beside 4 open streams (ms)",
    ...flow(", upstream at no cost"),
  ]);
  const values = report.figures.flatMap((figure) => Object.values(figure.values));
  expect(values.every(Number.isFinite)).toBe(true);
  expect(pool.sim.turnsOf().length).toBeGreaterThan(4);
  expect(homes()).toEqual(before);
}, 60_000);
