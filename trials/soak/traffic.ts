/** Mixed traffic as an owner's day has it: streams, answers in one piece, chats, stored ones, large ones, clients that leave. */
import type { Rng } from "../../src/ports.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import { isServed } from "../support/ask-many.ts";
import { canaryOf, holdsForeign } from "../support/canaries.ts";
import { bodyOf, chatBodyOf, type RawCall, type RawRequest, renderRequest, sendRaw } from "../support/raw-client.ts";
import { sleep } from "../support/wait-for.ts";
import type { Stage } from "../support/with-daemon.ts";
import { readRefusal } from "./read-refusal.ts";

export interface Counts {
  asked: number;
  served: number;
  left: number;
  /** Refused in a way that a client understands. */
  refused: number;
  /** Of the refused, by the state of the pool that they were told. */
  readonly codes: Map<string, number>;
  /** Of the refused, those that some account could have served which the turn had not asked. */
  refusedWithRoom: number;
  cut: number;
  foreign: number;
}

const SESSIONS = 300;
const PAUSE_MS_MAX = 60;
const LARGE_CHARACTERS = 400_000;
/** What the state of the pool may answer while accounts come and go. */
const UNDERSTOOD = [429, 502, 503, 504];

interface Question {
  readonly request: RawRequest;
  readonly kind: "turn" | "wrong-key" | "list";
  /** When the client goes away; null for one that stays. */
  readonly leavesAfterMs: number | null;
}

function questionOf(key: string, index: number, rng: Rng): Question {
  const text = `say ${canaryOf(index)}`;
  const session = `soak-${drawInteger(rng, SESSIONS)}`;
  const dice = rng();
  const turn = (request: RawRequest): Question => ({
    request,
    kind: "turn",
    leavesAfterMs: rng() < 0.1 ? drawInteger(rng, 120) : null,
  });
  if (dice < 0.02)
    return {
      request: { key: `${key.slice(0, -1)}0`, body: bodyOf(text, session) },
      kind: "wrong-key",
      leavesAfterMs: null,
    };
  if (dice < 0.05) return { request: { method: "GET", path: "/v1/models", key }, kind: "list", leavesAfterMs: null };
  if (dice < 0.07) return turn({ key, body: bodyOf(`${text} ${"x".repeat(LARGE_CHARACTERS)}`, session) });
  if (dice < 0.2) return turn({ key, path: "/v1/chat/completions", body: chatBodyOf(text, { stream: rng() < 0.5 }) });
  if (dice < 0.3) return turn({ key, body: bodyOf(text, session, { store: true }) });
  return turn({ key, body: bodyOf(text, session, { stream: rng() < 0.8 }) });
}

function judge(stage: Stage, counts: Counts, question: Question, call: RawCall, index: number, hasLeft: boolean): void {
  const text = call.text();
  const { breaches } = stage;
  if (holdsForeign(text, index)) {
    counts.foreign += 1;
    breaches.add(`turn ${index} got what was another's`);
  }
  if (hasLeft) counts.left += 1;
  else if (question.kind === "wrong-key") breaches.expect(call.status() === 401, `a wrong key got ${call.status()}`);
  else if (question.kind === "list") breaches.expect(call.status() === 200, `the list of models is ${call.status()}`);
  else if (isServed(call)) counts.served += 1;
  else if (UNDERSTOOD.includes(call.status())) judgeRefusal(stage, counts, text, index);
  else if (call.status() === 200 && /upstream_stream_broken|response\.failed|"error"/.test(text)) counts.cut += 1;
  else breaches.add(`turn ${index} got ${call.status()} ${text.slice(-300)}`);
}

/** Whatever befell the turn, each account must be named, and none may stand by that was not asked. */
function judgeRefusal({ home, breaches }: Stage, counts: Counts, text: string, index: number): void {
  const { code, accounts, standBy } = readRefusal(text);
  counts.refused += 1;
  counts.codes.set(code, (counts.codes.get(code) ?? 0) + 1);
  // The owner takes one out at a time.
  const isWhole = accounts.length >= home.sim.accounts.length - 1;
  breaches.expect(isWhole, `turn ${index} was refused without every account's reason: ${text.slice(-300)}`);
  if (standBy.length === 0) return;
  counts.refusedWithRoom += 1;
  const told = accounts.map(({ profile, reason }) => `${profile} ${reason}`).join(", ");
  breaches.add(`turn ${index} was refused with ${code} while ${standBy.join(" and ")} stood by untried: ${told}`);
}

/** Asks until told to stop; `width` clients side by side. */
export function startTraffic(stage: Stage, counts: Counts, width: number, seed: number): { stop(): Promise<void> } {
  let isOver = false;
  let next = 0;
  const { daemon, home } = stage;
  const worker = async (): Promise<void> => {
    while (!isOver) {
      const index = next;
      next += 1;
      const rng = createSeededRng(seed * 1_000_003 + index);
      const question = questionOf(home.key, index, rng);
      counts.asked += 1;
      const call = sendRaw(daemon.port, renderRequest(daemon.port, question.request));
      const { leavesAfterMs } = question;
      const leaving =
        leavesAfterMs === null ? new Promise<false>(() => undefined) : sleep(leavesAfterMs).then(() => false);
      const isWhole = await Promise.race([call.over.then(() => true), leaving]);
      call.abort();
      judge(stage, counts, question, call, index, !isWhole);
      await sleep(drawInteger(rng, PAUSE_MS_MAX));
    }
  };
  const workers = Promise.all(Array.from({ length: width }, worker));
  return {
    stop: async () => {
      isOver = true;
      await workers;
    },
  };
}
