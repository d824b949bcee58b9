/** How a change of which models clients see is said: only of those that were named, for the whole list may be long. Pure. */
import { type Answer, answer } from "../../command.ts";
import { plainText } from "../../terminal-text.ts";

interface Exposure {
  readonly before: { readonly exposed: readonly string[] };
  readonly after: { readonly exposed: readonly string[] };
  readonly changed: boolean;
  readonly untouched: string;
  readonly hint: string | null;
}

export function exposureAnswer(change: Exposure, ids: readonly string[]): Answer {
  const say = (exposed: readonly string[], id: string) => (exposed.includes(id) ? "shown" : "hidden");
  const lines = [...new Set(ids)].map((id) => {
    const [before, after] = [say(change.before.exposed, id), say(change.after.exposed, id)];
    return `${plainText(id)}: ${before === after ? `${after} (unchanged)` : `${before} → ${after}`}`;
  });
  return answer(change, lines.join("\n"), [change.changed ? change.untouched : null, change.hint]);
}
