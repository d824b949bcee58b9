/** Our own bug: the client gets an id and plain text, the log gets the rest under the same id. */
import { type Refusal, refuse } from "../protocol/refusal.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import type { Serving } from "./serving.ts";

/** `turnId` of the turn that met it; null outside of turns. */
export function reportBug(
  serving: Pick<Serving, "newId" | "emit">,
  error: unknown,
  turnId: string | null = null,
): Refusal {
  const id = serving.newId("bug");
  serving.emit({ kind: "internal-error", id, turnId, text: stackOf(error) });
  return refuse(500, "server_error", "internal_error", `codexuse met an error of its own; its log has it as ${id}.`);
}
