/** `codexuse completion`. */
import { asOperationError } from "../../operations/explain-error.ts";
import type { Desk } from "../../operations/operation.ts";
import { answer, defineLeaf, type Group, type Leaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { type Completion, complete, type Knowledge } from "./candidates.ts";
import { liveNames, NAMED } from "./live-names.ts";
import { SHELL_SCRIPTS, SHELL_STEPS } from "./shell-scripts.ts";
import { readTyped, renderFound, SHELLS, type Shell } from "./shell-words.ts";

function knowledgeOf(io: CommandIo): Knowledge {
  const opened: { desk: Promise<Desk> | null } = { desk: null };
  return {
    named: NAMED,
    names: async (kind, runtime) => {
      opened.desk ??= io.doors.openDesk(io.env);
      return await liveNames(kind, await opened.desk, runtime);
    },
  };
}

/** Somebody is typing: what goes wrong is told by the command itself, later. */
async function find(root: Group, shell: Shell, typed: string, io: CommandIo): Promise<Completion> {
  try {
    return await complete(root, readTyped(shell, typed), knowledgeOf(io));
  } catch (error) {
    if (asOperationError(error) === null) throw error;
    return { kind: "words", candidates: [] };
  }
}

/** `root` is the tree to complete, which has this command in it. */
export function defineCompletion(root: () => Group): Leaf {
  return defineLeaf({
    name: "completion",
    description: "Print a script that completes commands, flags and names in your shell",
    examples: ["codexuse completion bash", "codexuse completion fish"],
    args: {
      shell: { type: "positional", required: true, options: [...SHELLS], description: "Your shell" },
      complete: {
        type: "string",
        valueHint: "WORDS",
        description: "What the script asks with: the words typed so far, one a line",
      },
    },
    async run(args, io) {
      const shell = SHELLS.find((name) => name === args.shell) ?? "bash";
      if (args.complete === undefined) {
        return answer({ shell, script: SHELL_SCRIPTS[shell] }, SHELL_SCRIPTS[shell].trimEnd(), [SHELL_STEPS[shell]]);
      }
      const found = await find(root(), shell, args.complete, io);
      const text = renderFound(shell, found, readTyped(shell, args.complete).current);
      return answer(found.kind === "files" ? { files: true, candidates: [] } : { files: false, ...found }, text);
    },
  });
}
