/** Five hundred new conversations in one instant: all are served, and no account gets them all. */
import { canaryOf, echoCanaries, holdsForeign } from "../support/canaries.ts";
import { bodyOf, renderRequest, sendRaw } from "../support/raw-client.ts";
import { withDaemon } from "../support/with-daemon.ts";
import type { Trial, TrialOptions } from "../trial.ts";

const ACCOUNTS = 10;
/** Of an even share: what one account may get more than that. */
const UNFAIRNESS_MAX = 1.5;

async function run({ short }: TrialOptions) {
  const count = short ? 100 : 500;
  return withDaemon({ accounts: ACCOUNTS }, async ({ home, daemon, breaches }) => {
    echoCanaries(home.sim, 20);
    home.sim.script.pace({ headDelayMs: 50, eventDelayMs: 5 });
    const startedAt = performance.now();
    const calls = Array.from({ length: count }, (_, index) => {
      const body = bodyOf(`say ${canaryOf(index)}`, `new-${index}`);
      return sendRaw(daemon.port, renderRequest(daemon.port, { key: home.key, body }));
    });
    let slowestMs = 0;
    await Promise.all(
      calls.map(async (call) => {
        await call.over;
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      }),
    );
    const served = calls.filter((call) => call.text().includes("response.completed")).length;
    breaches.expect(served === count, `${count - served} of ${count} were not served`);
    const foreign = calls.filter((call, index) => holdsForeign(call.text(), index)).length;
    breaches.expect(foreign === 0, `${foreign} got what was another's`);
    const shares = home.sim.accounts.map((account) => home.sim.turnsOf(account.name).length);
    const most = Math.max(...shares);
    breaches.expect(most <= (count / ACCOUNTS) * UNFAIRNESS_MAX, `one account got ${most} of ${count}`);
    return {
      name: "burst of new sessions",
      tried: `${count} at once over ${ACCOUNTS} accounts`,
      found: `${served} served, the slowest after ${Math.round(slowestMs)} ms, ${Math.min(...shares)} to ${most} an account`,
    };
  });
}

export const burstTrial: Trial = { name: "burst of new sessions", run };
