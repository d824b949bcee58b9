/** What the simulated model says: whatever the last user message wishes for. */
import { type Content, functionCall, reasoning, text } from "../../src/simulator/content.ts";
import type { SimTurn } from "../../src/simulator/script.ts";

export const WISHES = ["text", "reasoning", "tool"] as const;
export type Wish = (typeof WISHES)[number];

/** In every prompt: must never be found in anything we keep or tell. */
export const CANARY = "canary-of-the-prompt";

export function wishOf(wish: Wish, label: string): string {
  return `do:${wish} ${label} ${CANARY}`;
}

export function answerWish(turn: SimTurn): Content {
  const label = turn.lastUserText.split(" ")[1] ?? "?";
  if (turn.lastUserText.startsWith("do:reasoning")) return [reasoning(`about ${label}`), text(`answer to ${label}`)];
  if (!turn.lastUserText.startsWith("do:tool")) return text(`answer to ${label}`);
  return turn.toolOutputs.length > 0 ? text(`done with ${label}`) : functionCall("shell", { command: ["ls", label] });
}
