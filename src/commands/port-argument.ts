/** `--port`, as the commands take it that start or look for a runtime. */
import { OperationError } from "../operations/operation.ts";

export const PORT_ARGUMENT = {
  type: "string",
  description: "Port to serve at; remembered. 0 for a free one, this time only",
  valueHint: "N",
} as const;

const PORT_MAX = 65_535;

/** Null when none was given; 0 stands for any free port. Throws `usage`. */
export function parsePort(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= PORT_MAX) return port;
  throw new OperationError("usage", `--port is a number from 0 to ${PORT_MAX}.`);
}
