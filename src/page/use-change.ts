/** How does a control change something? Runs one operation at a time, and says what came of it. */
import { useCallback, useState } from "preact/hooks";
import type { PageOperationName, PageOperations } from "../operations/page-wire.ts";
import { askOperation } from "./ask.ts";
import { useSay } from "./notices.tsx";

type ResultOf<Name extends PageOperationName> = PageOperations[Name]["result"];

export interface Change {
  readonly isRunning: boolean;
  /** The result, or null when it was refused; `title` names a success, and none means that the caller shows it. */
  run<Name extends PageOperationName>(
    operation: Name,
    input: PageOperations[Name]["input"],
    title: string | null,
  ): Promise<ResultOf<Name> | null>;
}

function textOf(result: object, member: string): string | null {
  const value: unknown = Object.hasOwn(result, member) ? Reflect.get(result, member) : null;
  return typeof value === "string" ? value : null;
}

/** What a change left as it was, and what it hints at; hints that name commands are for terminals. Pure. */
export function detailOf(result: object): string | null {
  const hint = textOf(result, "hint");
  const parts = [textOf(result, "untouched"), hint?.includes("codexuse ") === true ? null : hint];
  return parts.filter((part) => part !== null).join(" ") || null;
}

export function useChange(): Change {
  const say = useSay();
  const [running, setRunning] = useState(0);
  const run = useCallback<Change["run"]>(
    async (operation, input, title) => {
      setRunning((count) => count + 1);
      const answer = await askOperation(operation, input);
      setRunning((count) => count - 1);
      if (answer.kind === "refused") {
        say({ tone: "bad", title: answer.refusal.message, detail: answer.refusal.hint });
        return null;
      }
      if (title !== null) say({ tone: "good", title, detail: detailOf(answer.result) });
      return answer.result;
    },
    [say],
  );
  return { isRunning: running > 0, run };
}
