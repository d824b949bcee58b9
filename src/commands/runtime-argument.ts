/** `--runtime`, as many commands take it. */
import { RUNTIMES, type Runtime } from "../ports.ts";

export const RUNTIME_ARGUMENT = {
  type: "enum",
  description: "Runtime that is meant",
  options: [...RUNTIMES],
  default: "desktop",
} satisfies { type: "enum"; description: string; options: Runtime[]; default: Runtime };
