/** What the demo shows: one conversation that survives a spent account and an overloaded one. */
import { failure } from "../../simulator/fault.ts";
import { askPool, type PoolReply } from "./ask-pool.ts";
import type { PretendWorld } from "./pretend-world.ts";

export interface Scene {
  readonly title: string;
  readonly status: number;
  readonly profile: string | null;
  readonly text: string;
  /** Whether it went as it should. */
  readonly ok: boolean;
}

const CONVERSATION = "demo-conversation";

interface Plan {
  readonly title: (served: string) => string;
  /** What happens upstream before the turn; `served` is the profile that served the last one. */
  readonly before?: (world: PretendWorld, served: string) => void;
  readonly says: string;
  /** Whether the session should be on another profile than before; null when there was none before. */
  readonly moves: boolean | null;
}

const PLANS: readonly Plan[] = [
  { title: () => "A new conversation goes to the account with the most room", says: "Hello!", moves: null },
  { title: () => "Its next turn stays there, where the prompt cache is warm", says: "And now?", moves: false },
  {
    title: (served) => `${served} runs out of quota; the conversation moves, the client notices nothing`,
    before: (world, served) => world.account(served)?.setUsed(100),
    says: "Still there?",
    moves: true,
  },
  {
    title: (served) => `${served} fails in the middle of a 200 answer; another one takes over`,
    before: (world, served) =>
      void world.account(served)?.script.fail(failure("failed-server-is-overloaded", { afterEvent: 1 })),
    says: "One more?",
    moves: true,
  },
];

function isRight(plan: Plan, reply: PoolReply, served: string | null): boolean {
  if (reply.status !== 200 || reply.profile === null) return false;
  return plan.moves === null || plan.moves === (reply.profile !== served);
}

/** Plays the scenes one after the other and hands each out as it ends; the first that goes wrong is the last. */
export async function* tellStory(world: PretendWorld): AsyncGenerator<Scene> {
  let served: string | null = null;
  for (const plan of PLANS) {
    plan.before?.(world, served ?? "");
    const reply = await askPool(world.running.port, world.key, CONVERSATION, plan.says);
    const { status, profile, text } = reply;
    const ok = isRight(plan, reply, served);
    yield { title: plan.title(served ?? ""), status, profile, text, ok };
    if (!ok) return;
    served = profile ?? served;
  }
}
