/** Trap 39: what is counted is counted once, whatever becomes of the turn. */
import { expect, test } from "bun:test";
import { createSeededRng } from "../../../src/simulator/rng.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";
import { openMetrics } from "../../../src/telemetry/metrics.ts";
import { parseMetrics, sampleOf } from "../../support/parse-metrics.ts";
import { aPool } from "../a-pool.ts";
import { SECOND_MS } from "../clock-units.ts";

const TURNS = 2_000;
const BATCH = 100;

function openFigures() {
  const nothing = { nowMs: 0, isEnabled: true, isReady: true, attemptsInFlight: 0, profiles: [] };
  return openMetrics({
    version: "0",
    runtime: "daemon",
    startedAtMs: 0,
    profileStates: [],
    mainLimit: "codex",
    isPublished: () => true,
    readPool: () => nothing,
  });
}

test("trap 39: under random retries, refusals and clients that leave, each turn is in every book exactly once", async () => {
  const figures = openFigures();
  const onEvent = (event: TelemetryEvent) => figures.hear(event);
  const pool = await aPool({ accounts: ["alpha", "beta", "gamma"], onEvent });
  const rng = createSeededRng(39);
  pool.sim.script.pace({ eventDelayMs: 10, headDelayMs: 20 });
  for (const name of ["alpha", "beta", "gamma"]) {
    const { script } = pool.chatgpt(name);
    script.fail("server-error", { times: "always", matching: () => rng() < 0.1 });
    script.fail("failed-server-is-overloaded", { times: "always", matching: () => rng() < 0.05 });
    script.fail("bad-request", { times: "always", matching: () => rng() < 0.05 });
  }
  for (let done = 0; done < TURNS; done += BATCH) {
    const asked = Array.from({ length: BATCH }, (_, index) => {
      const asking = pool.ask({ thread: `t${index}`, body: { stream: rng() < 0.6 } });
      if (rng() < 0.5) pool.clock.after(Math.floor(rng() * 150), () => asking.leave());
      return asking.done;
    });
    await pool.clock.runUntil(Promise.all(asked));
  }
  await pool.clock.advance(SECOND_MS);

  const records = pool.runtime.turnsSince(0, TURNS * 2);
  expect(new Set(records.map(({ id }) => id)).size).toBe(TURNS);
  expect(records).toHaveLength(TURNS);
  const ends = new Set(records.map(({ end }) => end));
  for (const end of ["done", "refused", "client-left"] as const) expect(ends).toContain(end);
  expect(pool.runtime.sessions().reduce((sum, session) => sum + session.turns, 0)).toBe(TURNS);
  expect(pool.engine().live.inFlightTotal()).toBe(0);

  const families = parseMetrics((await figures.render()).text);
  const sumOf = (name: string) =>
    families
      .flatMap(({ samples }) => samples.filter((sample) => sample.name === name))
      .reduce((a, b) => a + b.value, 0);
  expect(sumOf("codexuse_turns_total")).toBe(TURNS);
  expect(sampleOf(families, "codexuse_turn_duration_seconds_count")).toBe(TURNS);
  expect(sumOf("codexuse_attempts_total")).toBe(records.flatMap(({ attempts }) => attempts).length);
  const output = records.reduce((sum, { usage }) => sum + (usage?.outputTokens ?? 0), 0);
  const counted = ["alpha", "beta", "gamma"].map((profile) =>
    sampleOf(families, "codexuse_tokens_total", { profile, kind: "output" }),
  );
  expect(output).toBeGreaterThan(0);
  expect(counted.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(output);
}, 60_000);
