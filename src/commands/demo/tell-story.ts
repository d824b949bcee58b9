/** What the demo shows: one conversation that survives a spent account and an overloaded one, and an honest error. */
import type { TurnView } from "../../operations/turn-view.ts";
import { failure } from "../../simulator/fault.ts";
import { askPool, type PoolReply } from "./ask-pool.ts";
import type { PretendWorld } from "./pretend-world.ts";

export interface Scene {
  readonly title: string;
  readonly status: number;
  readonly profile: string | null;
  readonly text: string;
  /** Who was asked, and why, or what went wrong with it: the turn's own record. */
  readonly why: readonly Attempted[];
  /** Whether it went as it should. */
  readonly ok: boolean;
}

export type Attempted = Pick<TurnView["attempts"][number], "profile" | "outcome" | "words">;

/** Shows the story while it is told. */
export interface Stage {
  begin(title: string): Promise<void>;
  /** A piece of the answer, by whom. */
  hear(piece: string, profile: string | null): void;
  end(scene: Scene): Promise<void>;
}

const CONVERSATION = "demo-conversation";
const MODEL = "gpt-5.5";

interface Plan {
  readonly title: (served: string) => string;
  /** What happens upstream before the turn; `served` is the profile that served the last one. */
  readonly before?: (world: PretendWorld, served: string) => void;
  readonly asks: string;
  readonly answer: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly status: number;
  /** Whether the session should be on another profile than before; null when there was none before. */
  readonly moves: boolean | null;
}

const PLANS: readonly Plan[] = [
  {
    title: () => "A new conversation goes to the account with the most room.",
    asks: "Hello!",
    answer: "Hello! I am pretend, but these words do reach you one by one, as they are made.",
    status: 200,
    moves: null,
  },
  {
    title: () => "Its next turn stays there, where the prompt cache is warm.",
    asks: "And now?",
    answer: "Same account, so what we said before costs next to nothing.",
    status: 200,
    moves: false,
  },
  {
    title: (served) => `Now ${served} runs out of quota in the middle of the session.`,
    before: (world, served) => world.account(served)?.setUsed(100),
    asks: "Still there?",
    answer: "Still here: another account took over, and you saw no error.",
    status: 200,
    moves: true,
  },
  {
    title: (served) => `Then ${served} begins to answer with a 200 and fails behind it.`,
    before: (world, served) =>
      void world.account(served)?.script.fail(failure("failed-server-is-overloaded", { afterEvent: 1 })),
    asks: "One more?",
    answer: "The first try was dropped before you saw any of it; this is the second.",
    status: 200,
    moves: true,
  },
  {
    title: () => "A bad request is nobody's fault but its own: it comes back as the error it is.",
    asks: "Search my files",
    answer: "",
    body: { tools: [{ type: "file_search" }] },
    status: 400,
    moves: false,
  },
];

function isRight(plan: Plan, reply: PoolReply, served: string | null): boolean {
  if (reply.status !== plan.status || reply.profile === null) return false;
  if (plan.status === 200 && reply.text !== plan.answer) return false;
  return plan.moves === null || plan.moves === (reply.profile !== served);
}

async function readAttempts(world: PretendWorld, turn: string): Promise<Attempted[]> {
  const { attempts } = await world.explain(turn);
  return attempts.map(({ profile, outcome, words }) => ({ profile, outcome, words }));
}

/** Plays the scenes one after the other; the first that goes wrong is the last. */
export async function tellStory(world: PretendWorld, stage: Stage): Promise<Scene[]> {
  const scenes: Scene[] = [];
  let served: string | null = null;
  for (const plan of PLANS) {
    plan.before?.(world, served ?? "");
    world.sayNext(plan.answer);
    const title = plan.title(served ?? "");
    await stage.begin(title);
    const body = { model: MODEL, input: plan.asks, stream: true, prompt_cache_key: CONVERSATION, ...plan.body };
    const question = { port: world.running.port, key: world.key, conversation: CONVERSATION, body };
    const reply = await askPool(question, (piece, profile) => stage.hear(piece, profile));
    const { status, profile, text } = reply;
    const why = reply.turn === null ? [] : await readAttempts(world, reply.turn);
    const scene = { title, status, profile, text, why, ok: isRight(plan, reply, served) };
    scenes.push(scene);
    await stage.end(scene);
    if (!scene.ok) break;
    served = reply.profile ?? served;
  }
  return scenes;
}
