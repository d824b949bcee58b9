/**
 * Question: may this client have a socket?
 * Owns the checks of the upgrade: the switch, the handshake, the beta header of the ChatGPT backend, the login.
 * Must not know what is said on a socket.
 */
import { chatgptHeaders } from "./chatgpt-responses.ts";
import { admitApiKey, admitChatgpt } from "./credentials.ts";
import { errorAnswer } from "./json-answer.ts";
import type { Call, World } from "./world.ts";

const BETA = "responses_websockets=2026-02-06";

/** 200 stands for "switching protocols", with the headers of the handshake's answer. */
export function admitSocket(world: World, call: Call): Response {
  const { headers } = call.request;
  if (!world.settings.socket.enabled || headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return errorAnswer(426, { code: "upgrade_required", message: "Use HTTP." });
  }
  if (call.side === "openai") {
    const admission = admitApiKey(call);
    return admission.kind === "refused" ? admission.answer : new Response(null, { status: 200 });
  }
  const admission = admitChatgpt(world, call);
  if (admission.kind === "refused") return admission.answer;
  if (headers.get("openai-beta") !== BETA) {
    return errorAnswer(400, { code: "invalid_beta", message: "The beta of WebSockets is not asked for." });
  }
  return new Response(null, { status: 200, headers: chatgptHeaders(world, admission.account) });
}
