/** One client that reads nothing while others read fast: it slows upstream, not them, and memory stays where it is. */
import { canaryOf } from "../support/canaries.ts";
import { bodyOf, callRaw, renderRequest, sendRaw } from "../support/raw-client.ts";
import { comes } from "../support/wait-for.ts";
import { withDaemon } from "../support/with-daemon.ts";
import { countText, mibText, type Trial, type TrialOptions } from "../trial.ts";

/** What the daemon may hold of an answer that nobody takes. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
const MIB = 1024 * 1024;
const WIDTH = 8;

async function run({ short }: TrialOptions) {
  const size = (short ? 16 : 200) * MIB;
  const others = short ? 20 : 1_000;
  return withDaemon({ accounts: 2 }, async ({ home, daemon, breaches }) => {
    const isLong = (text: string) => text.includes("everything");
    const long = "x".repeat(size);
    home.sim.onTurn((turn) => (isLong(turn.lastUserText) ? long : `short ${turn.lastUserText}`));
    home.sim.script.pace({ deltaChars: 64 * 1024 });
    await callRaw(daemon.port, { key: home.key, body: bodyOf("warm up", "warm") });
    const before = daemon.memory().now;
    const request = renderRequest(daemon.port, { key: home.key, body: bodyOf("say everything", "slow") });
    const slow = sendRaw(daemon.port, request, { keep: false });
    await comes(() => slow.bytes() > 0, 10_000);
    slow.socket.pause();
    let served = 0;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < others) {
        const index = next;
        next += 1;
        const call = await callRaw(daemon.port, { key: home.key, body: bodyOf(canaryOf(index), `fast-${index}`) });
        if (breaches.expect(call.text().includes("response.completed"), `fast client ${index} starved`)) served += 1;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    const held = daemon.memory().now - before;
    breaches.expect(held <= HELD_BYTES_MAX, `${mibText(held)} are held for a client that reads nothing`);
    slow.socket.resume();
    await slow.over;
    breaches.expect(slow.bytes() > size, `the slow client got ${slow.bytes()} bytes of ${size}`);
    return {
      name: "slow reader",
      tried: `${mibText(size)} for one that stops reading, ${countText(others)} fast ones beside it`,
      found: `${countText(served)} fast ones served, memory +${mibText(held)} meanwhile, the slow one got all in the end`,
    };
  });
}

export const slowReaderTrial: Trial = { name: "slow reader", run };
