/** How a proxy is given: as an address, from stdin or a file when it holds a password, or `none`. */
import { hasPassword } from "../../operations/proxy-words.ts";
import type { CommandIo } from "../command-io.ts";
import { readSecret } from "../secret-argument.ts";

export const PROXY_ARGUMENT = {
  type: "string",
  valueHint: "URL",
  description: "Send every call of it through this proxy: http://host:port, - for stdin, file:PATH",
} as const;

/** Null for none. An address with a password gets the warning of a secret. */
export async function readProxy(io: CommandIo, value: string | undefined, flag = "--proxy="): Promise<string | null> {
  if (value === undefined || value === "none") return null;
  return await readSecret(io, value, { flag, what: "proxy", isSecret: hasPassword });
}
