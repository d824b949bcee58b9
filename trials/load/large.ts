/** Large pieces: one event of 8 MB, and bodies as large as they may be, several at once. */

import { LIMITS } from "../../src/limits.ts";
import { bodyOf, callRaw, renderRequest, sendRaw } from "../support/raw-client.ts";
import { sleep } from "../support/wait-for.ts";
import { withDaemon } from "../support/with-daemon.ts";
import { mibText, type Trial, type TrialOptions } from "../trial.ts";

const MIB = 1024 * 1024;
const EVENT_BYTES = 8 * MIB;
/** Of the daemon, while the largest bodies are read and sent on together. */
const PEAK_BYTES_MAX = 2_048 * MIB;
/** Of the daemon when they are gone; the runtime gives memory back late, while it goes on serving. */
const LEFT_BYTES_MAX = 512 * MIB;
const GIVEN_BACK_MS = 60_000;

async function runEvents({ short }: TrialOptions) {
  const times = short ? 2 : 20;
  return withDaemon({ accounts: 1 }, async ({ home, daemon, breaches }) => {
    home.sim.reply("é".repeat(EVENT_BYTES / 2));
    home.sim.script.pace({ deltaChars: EVENT_BYTES });
    let slowestMs = 0;
    for (let turn = 0; turn < times; turn += 1) {
      const startedAt = performance.now();
      const stream = turn % 2 === 0;
      const call = await callRaw(daemon.port, { key: home.key, body: bodyOf("x", `event-${turn}`, { stream }) });
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      breaches.expect(call.bytes() > EVENT_BYTES && !call.text().includes("\ufffd"), `turn ${turn} lost bytes`);
      breaches.expect(call.text().includes('"completed"'), `turn ${turn} did not end well`);
    }
    return {
      name: "events of 8 MiB",
      tried: `${times} turns, streamed and whole in turn`,
      found: `all whole, ${Math.round(slowestMs)} ms the slowest, ${mibText(daemon.memory().peak)} at most`,
    };
  });
}

async function runBodies({ short }: TrialOptions) {
  const width = short ? 1 : 4;
  const rounds = short ? 1 : 3;
  return withDaemon({ accounts: 2, simulator: { bodiesMax: 0 } }, async ({ home, daemon, breaches }) => {
    const fitting = bodyOf("x".repeat(LIMITS.bodyBytesMax - 1_000), "large");
    const tooLarge = bodyOf("x".repeat(LIMITS.bodyBytesMax + 1_000), "too-large");
    const ask = (body: string) => {
      const call = sendRaw(daemon.port, renderRequest(daemon.port, { key: home.key, body }));
      return call.over.then(() => call);
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const call of await Promise.all(Array.from({ length: width }, () => ask(fitting)))) {
        breaches.expect(
          call.text().includes("response.completed"),
          `a body that fits was not served: ${call.status()}`,
        );
      }
      for (const call of await Promise.all(Array.from({ length: width }, () => ask(tooLarge)))) {
        breaches.expect(call.status() === 400, `a body that is too large got ${call.status()}`);
      }
    }
    const endsAt = performance.now() + GIVEN_BACK_MS;
    while (performance.now() < endsAt && daemon.memory().now > LEFT_BYTES_MAX) {
      const after = await callRaw(daemon.port, { key: home.key, body: bodyOf("small", "small") });
      breaches.expect(after.text().includes("response.completed"), "a small body was not served afterwards");
      await sleep(100);
    }
    const { peak, now } = daemon.memory();
    breaches.expect(peak <= PEAK_BYTES_MAX, `${mibText(peak)} at the peak, ${mibText(PEAK_BYTES_MAX)} at most`);
    breaches.expect(now <= LEFT_BYTES_MAX, `${mibText(now)} are left, ${mibText(LEFT_BYTES_MAX)} at most`);
    return {
      name: "bodies of 64 MiB",
      tried: `${rounds} × ${width} at once that fit, as many that do not`,
      found: `all served, all refused with 400; ${mibText(peak)} at most, ${mibText(now)} after`,
    };
  });
}

export const largeEventsTrial: Trial = { name: "events of 8 MiB", run: runEvents };
export const largeBodiesTrial: Trial = { name: "bodies of 64 MiB", run: runBodies };
