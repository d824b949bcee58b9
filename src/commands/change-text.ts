/** How a change is said: `pool: off → on`. Pure. */
import { type Answer, answer } from "./command.ts";
import { plainText } from "./terminal-text.ts";

interface Change<Value> {
  readonly changed: boolean;
  readonly before: Value;
  readonly after: Value;
  readonly untouched: string;
  readonly hint: string | null;
}

/** `say` puts one side of the change in words. What is untouched is only said when something was changed. */
export function changeAnswer<Value>(change: Change<Value>, subject: string, say: (value: Value) => string): Answer {
  const [before, after] = [plainText(say(change.before)), plainText(say(change.after))];
  const text = `${subject}: ${change.changed ? `${before} → ${after}` : `${after} (unchanged)`}`;
  return answer(change, text, [change.changed ? change.untouched : null, change.hint]);
}

/** Names in a row, or what stands for none. */
export function namesText(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : names.join(", ");
}
