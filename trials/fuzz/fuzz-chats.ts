/** Chats: the client's words for upstream, and upstream's events for the client. */
import { parseChatRequest } from "../../src/protocol/chat-request.ts";
import { ChatStream } from "../../src/protocol/chat-stream.ts";
import { parseObject } from "../../src/protocol/wire-event.ts";
import { translateStream } from "../../src/server/translate-stream.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { checkUpstreamBodies } from "./fuzz-bodies.ts";
import { cut, streamOf } from "./fuzz-events.ts";

export const CHAT_REQUESTS_TARGET: FuzzTarget = {
  name: "chats asked",
  corpus: ["chat"],
  inputs: 100_000,
  shortInputs: 1_500,
  check(input) {
    const parsed = parseChatRequest(new TextDecoder().decode(input));
    if (parsed.kind === "refused")
      return parsed.refusal.status === 400 ? null : `refused with ${parsed.refusal.status}`;
    return checkUpstreamBodies(parsed.chat.request);
  },
};

const FACTS = { model: "public", fallbackId: "turn_1", createdAtSeconds: 1, usesFunctions: false, includeUsage: true };

/** The data of each event that a chat client gets; null when something else is between them. */
function dataOf(text: string): string[] | null {
  const blocks = text.split("\n\n");
  if (blocks.pop() !== "") return null;
  return blocks.every((block) => /^data: [^\n]*$/.test(block)) ? blocks.map((block) => block.slice(6)) : null;
}

/** Whatever upstream says, a chat ends as a chat does: `[DONE]`, or an error. */
export const CHAT_STREAMS_TARGET: FuzzTarget = {
  name: "chats told",
  corpus: ["sse"],
  inputs: 100_000,
  shortInputs: 600,
  async check(input, rng) {
    const stream = translateStream(
      streamOf(cut(input, rng), () => undefined),
      new ChatStream(FACTS),
    );
    const data = dataOf(await new Response(stream).text());
    if (data === null) return "what the client gets are no data lines";
    const last = data.at(-1);
    if (last === undefined) return "the client gets nothing at all";
    if (last !== "[DONE]" && parseObject(last)?.["error"] === undefined) return "the chat has no ending";
    const broken = data.slice(0, -1).find((text) => parseObject(text) === null);
    return broken === undefined ? null : "a chunk is no JSON object";
  },
};
