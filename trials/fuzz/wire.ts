/** Whole requests, changed at random, on bare sockets of a serving daemon. */
import { createSeededRng } from "../../src/simulator/rng.ts";
import { bodyOf, callRaw, sendRaw } from "../support/raw-client.ts";
import { sleep } from "../support/wait-for.ts";
import { withDaemon } from "../support/with-daemon.ts";
import { countText, type Trial, type TrialOptions } from "../trial.ts";
import { readCorpus } from "./fuzz.ts";
import { mutate } from "./mutate.ts";

const WIDTH = 24;
const PATIENCE_MS = 120;
const CORPUS = ["wire"];

async function run({ short, seed }: TrialOptions) {
  const count = short ? 150 : 20_000;
  return withDaemon({ accounts: 2 }, async ({ home, daemon, breaches }) => {
    home.sim.reply("served");
    const corpus = readCorpus(CORPUS).map((bytes) =>
      Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("KEY", home.key), "latin1"),
    );
    const statuses = new Map<number, number>();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) {
        const index = next;
        next += 1;
        const input = mutate(corpus, createSeededRng(seed * 1_000_003 + index));
        const call = sendRaw(daemon.port, input);
        await Promise.race([call.over, sleep(PATIENCE_MS)]);
        call.abort();
        statuses.set(call.status(), (statuses.get(call.status()) ?? 0) + 1);
        const isOurBug = call.status() === 500 || call.text().includes("internal_error");
        if (isOurBug)
          breaches.add(
            `input ${index} of seed ${seed}: ${call.text().slice(0, 300)} (${input.toString().slice(0, 400)})`,
          );
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    const good = await callRaw(daemon.port, { key: home.key, body: bodyOf("x", "after") });
    breaches.expect(good.text().includes("response.completed"), `a good request got ${good.status()} afterwards`);
    const told = [...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, times]) => `${status === 0 ? "closed or waiting" : status} ${times}`);
    return {
      name: "requests on the wire",
      tried: `${countText(count)} inputs, ${WIDTH} at a time, seed ${seed}`,
      found: `0 crashes, 0 bugs of ours (${told.join(", ")})`,
    };
  });
}

export const wireTrial: Trial = { name: "requests on the wire", run };
