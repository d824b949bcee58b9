/** `codexuse account-pool explain`. */
import { explainTurn } from "../../operations/explain-turn.ts";
import type { TurnView } from "../../operations/turn-view.ts";
import { answer, defineLeaf } from "../command.ts";
import { RUNTIME_ARGUMENT } from "../runtime-argument.ts";
import { agoText } from "../spans.ts";
import { plainText } from "../terminal-text.ts";

const END_WORDS: Readonly<Record<string, string>> = {
  done: "the whole answer was delivered",
  incomplete: "the answer ended early by its own limits",
  failed: "upstream refused the request, and said so",
  cut: "the answer broke off after it had begun; the client asks again",
  "client-left": "the client left before the end",
  refused: "nobody served it",
};

function modelBehind({ model, upstream_model: upstream }: TurnView): string {
  if (upstream === "") return " (a name that means nothing here)";
  return model === upstream ? "" : ` (${upstream})`;
}

function headLines(turn: TurnView, nowMs: number): string[] {
  const behind = modelBehind(turn);
  return [
    `Turn     ${turn.id}, ${agoText(turn.started_at, nowMs)}`,
    `Session  ${turn.session === "" ? "none" : turn.session}`,
    `Key      ${turn.key}`,
    `Model    ${turn.model}${behind}`,
    `Served   ${turn.profile === null ? "by nobody" : `by ${turn.profile}`}: ${END_WORDS[turn.ended] ?? turn.ended}`,
  ];
}

function attemptLines(turn: TurnView): string[] {
  const lines = turn.attempts.map(({ profile, words, ms }, index) => `  ${index + 1}. ${profile}: ${words} (${ms} ms)`);
  return lines.length === 0 ? ["  Nobody was asked."] : lines;
}

function consideredLines(turn: TurnView): string[] {
  return turn.considered.map(({ profile, words }) => `  ${profile}: ${words}`);
}

/** The whole story of a turn, top down. */
export function describeTurn(turn: TurnView, nowMs: number): string {
  const considered = consideredLines(turn);
  const lines = [...headLines(turn, nowMs), "", "What happened", ...attemptLines(turn)];
  if (considered.length > 0) lines.push("", "Who was considered for the last try", ...considered);
  return lines.map(plainText).join("\n");
}

export const explain = defineLeaf({
  name: "explain",
  description: explainTurn.summary,
  examples: [
    "codexuse account-pool explain turn_0f3c9a --runtime=daemon",
    "codexuse account-pool explain ses_41be07 --runtime=daemon --json",
  ],
  args: {
    id: { type: "positional", required: true, description: "Id of a turn, or of a session for its last turn" },
    runtime: RUNTIME_ARGUMENT,
  },
  async run(args, io) {
    const desk = await io.doors.openDesk(io.env);
    const explained = await explainTurn.run(desk, { runtime: args.runtime, id: args.id });
    return answer(explained, describeTurn(explained.turn, io.clock.now()));
  },
});
