/** Asks the demo's own API for one answer, as any client would. */
import { request } from "node:http";

export interface PoolReply {
  readonly status: number;
  /** Which profile served; null when none did. */
  readonly profile: string | null;
  /** What the model said, or the error's message. */
  readonly text: string;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

/** The text of the last message of an answer, or of its error. Pure. */
export function readReplyText(body: string): string {
  const answer: unknown = JSON.parse(body);
  const output = field(answer, "output");
  const message = Array.isArray(output) ? output.findLast((item) => field(item, "type") === "message") : undefined;
  const text = field(firstOf(field(message, "content")), "text") ?? field(field(answer, "error"), "message");
  return typeof text === "string" ? text : "";
}

/** Rejects when the connection breaks. */
export function askPool(port: number, key: string, conversation: string, input: string): Promise<PoolReply> {
  const { promise, resolve, reject } = Promise.withResolvers<PoolReply>();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "session-id": conversation };
  const call = request({ host: "127.0.0.1", port, path: "/v1/responses", method: "POST", headers }, (answer) => {
    let body = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      body += chunk;
    });
    answer.on("error", reject);
    answer.on("end", () => {
      const profile = answer.headers["x-codexuse-profile"];
      resolve({
        status: answer.statusCode ?? 0,
        profile: typeof profile === "string" ? profile : null,
        text: readReplyText(body),
      });
    });
  });
  call.on("error", reject);
  call.end(JSON.stringify({ model: "gpt-5.5", input, stream: false, prompt_cache_key: conversation }));
  return promise;
}
