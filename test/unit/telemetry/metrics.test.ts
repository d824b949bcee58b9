/** Counting many turns at once: every one of them, and none for another's failure. */
import { describe, expect, test } from "bun:test";
import { openMetrics } from "../../../src/telemetry/metrics.ts";
import { aTurn } from "../../support/records.ts";

function open(isPublished: (model: string) => boolean) {
  return openMetrics({
    version: "0.0.0",
    runtime: "daemon",
    startedAtMs: 0,
    profileStates: ["ready"],
    mainLimit: "codex",
    isPublished,
    readPool: () => ({ nowMs: 0, isEnabled: true, isReady: true, attemptsInFlight: 0, profiles: [] }),
  });
}

const settled = (profile: string) => {
  const attempts = [{ profile, outcome: "served", reason: "bound", ms: 1 }];
  const usage = { inputTokens: 10, cachedTokens: 4, outputTokens: 2 };
  const turn = { ...aTurn({ end: "done", profile, attempts }), usage };
  return { kind: "turn-settled", turn, firstOutputMs: 5 } as const;
};

async function samplesOf(metrics: ReturnType<typeof open>): Promise<readonly string[]> {
  return (await metrics.render()).text.split("\n").filter((line) => /(attempts|tokens|_turns)_total\{/.test(line));
}

describe("openMetrics()", () => {
  test("adds up what many turns have in common, and keeps apart what they do not", async () => {
    const metrics = open(() => true);
    for (let at = 0; at < 600; at += 1) metrics.hear(settled(at % 3 === 0 ? "alpha" : "beta"));
    const samples = await samplesOf(metrics);
    expect(samples).toContain('codexuse_attempts_total{profile="alpha",outcome="served"} 200');
    expect(samples).toContain('codexuse_attempts_total{profile="beta",outcome="served"} 400');
    expect(samples).toContain('codexuse_tokens_total{profile="beta",kind="uncached_input"} 2400');
    expect(samples).toContain('codexuse_turns_total{end="done"} 600');
  });

  test("a turn that cannot be counted costs none of the others", async () => {
    let asked = 0;
    const metrics = open(() => {
      asked += 1;
      if (asked === 1) throw new Error("the file cannot be read");
      return true;
    });
    for (let at = 0; at < 20; at += 1) metrics.hear(settled("alpha"));
    expect(metrics.render()).rejects.toThrow("the file cannot be read");
    const samples = await samplesOf(metrics);
    expect(samples).toContain('codexuse_attempts_total{profile="alpha",outcome="served"} 19');
    expect(samples).toContain('codexuse_turns_total{end="done"} 19');
  });
});
