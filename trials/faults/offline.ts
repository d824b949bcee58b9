/** Upstream is not there: no connection, or no such name. Said soon and in the right words, and over as soon as it is back. */
import { askMany } from "../support/ask-many.ts";
import { bodyOf, callRaw } from "../support/raw-client.ts";
import { sleep } from "../support/wait-for.ts";
import { type Stage, withDaemon } from "../support/with-daemon.ts";
import type { Trial } from "../trial.ts";

/** A turn without upstream is refused within this time. */
const REFUSED_MS_MAX = 15_000;
const BACK_MS_MAX = 60_000;

async function askInVain({ home, daemon, breaches }: Stage, count: number): Promise<number> {
  let slowestMs = 0;
  for (let turn = 0; turn < count; turn += 1) {
    const startedAt = performance.now();
    const call = await callRaw(daemon.port, {
      key: home.key,
      body: bodyOf("x", `vain-${turn}`, { stream: turn % 2 === 0 }),
    });
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    const isRight = call.status() === 502 && call.text().includes("upstream_unavailable");
    breaches.expect(isRight, `without upstream a turn got ${call.status()} ${call.text().slice(-200)}`);
  }
  breaches.expect(slowestMs < REFUSED_MS_MAX, `without upstream a turn took ${Math.round(slowestMs)} ms`);
  return slowestMs;
}

const refusedTrial: Trial = {
  name: "upstream gone",
  run: ({ short }) =>
    withDaemon({ accounts: 2 }, async (stage) => {
      const { home, daemon, breaches } = stage;
      home.sim.reply("served");
      await askMany(daemon.port, home.key, "before", 4, 2);
      await home.served.goOffline();
      const slowestMs = await askInVain(stage, short ? 2 : 10);
      await home.served.goOnline();
      const startedAt = performance.now();
      let isBack = false;
      while (!isBack && performance.now() - startedAt < BACK_MS_MAX) {
        isBack = (await askMany(daemon.port, home.key, "back", 1, 1)).served === 1;
        if (!isBack) await sleep(250);
      }
      const backMs = performance.now() - startedAt;
      breaches.expect(isBack, `upstream is back for ${BACK_MS_MAX} ms and nobody is served`);
      return {
        name: "upstream gone",
        tried: "connections refused, then upstream back",
        found: `502 after ${(slowestMs / 1_000).toFixed(1)} s at most; served again ${(backMs / 1_000).toFixed(1)} s after it was back`,
      };
    }),
};

const namelessTrial: Trial = {
  name: "DNS gone",
  run: ({ short }) => {
    const url = "https://upstream.invalid";
    const env = {
      CODEXUSE_CHATGPT_URL: `${url}/backend-api`,
      CODEXUSE_AUTH_URL: url,
      CODEXUSE_OPENAI_URL: `${url}/v1`,
    };
    return withDaemon({ accounts: 2, daemon: { env } }, async (stage) => {
      const slowestMs = await askInVain(stage, short ? 2 : 10);
      const desk = await stage.home.openDesk();
      const lost = desk
        .settings()
        .profiles()
        .filter((profile) => profile.signIn.state !== "ok");
      stage.breaches.expect(lost.length === 0, `${lost.length} profiles have to sign in because a name was not found`);
      return {
        name: "DNS gone",
        tried: "every name of upstream unknown",
        found: `502 after ${(slowestMs / 1_000).toFixed(1)} s at most; no sign-in blamed`,
      };
    });
  },
};

export const offlineTrials: readonly Trial[] = [refusedTrial, namelessTrial];
