/** Who answers at a port of this machine? Asks `/healthz` once; believes only an answer that has codexuse's form. */
import { get } from "node:http";
import { RUNTIMES, type Runtime } from "../ports.ts";

export type Health =
  | { readonly kind: "codexuse"; readonly runtime: Runtime; readonly version: string; readonly pid: number | null }
  /** Something listens that is not codexuse, or does not answer in time. */
  | { readonly kind: "other" }
  | { readonly kind: "nobody" };

const ANSWER_BYTES_MAX = 4_096;

/** The meaning of an answer's text. Pure. */
export function parseHealth(text: string): Health {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("runtime" in value) || !("version" in value)) {
      return { kind: "other" };
    }
    const runtime = RUNTIMES.find((known) => known === value.runtime);
    if (runtime === undefined || typeof value.version !== "string") return { kind: "other" };
    const pid = "pid" in value && typeof value.pid === "number" ? value.pid : null;
    return { kind: "codexuse", runtime, version: value.version, pid };
  } catch {
    return { kind: "other" };
  }
}

/** Never rejects. */
export function askHealth(port: number, timeoutMs: number): Promise<Health> {
  const { promise, resolve } = Promise.withResolvers<Health>();
  const request = get({ host: "127.0.0.1", port, path: "/healthz", timeout: timeoutMs, agent: false }, (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > ANSWER_BYTES_MAX) request.destroy(new Error("answer too long"));
    });
    answer.on("end", () => resolve(answer.statusCode === 200 ? parseHealth(text) : { kind: "other" }));
    answer.on("error", () => resolve({ kind: "other" }));
  });
  // The timeout above is one of silence; this one is of the whole exchange.
  const timer = setTimeout(() => request.destroy(new Error("no answer in time")), timeoutMs);
  request.on("timeout", () => request.destroy(new Error("no answer in time")));
  request.on("error", (error: NodeJS.ErrnoException) => {
    const refused = error.code === "ECONNREFUSED" || error.code === "ConnectionRefused";
    resolve({ kind: refused ? "nobody" : "other" });
  });
  request.on("close", () => resolve({ kind: "other" }));
  return promise.finally(() => clearTimeout(timer));
}
