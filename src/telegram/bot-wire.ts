/**
 * How do bytes get to Telegram and back? The one place that knows grammY: turns its errors into values, keeps the token
 * out of every message, and gives no call more time than it may take.
 */

import type { Update, UserFromGetMe } from "grammy/types";
import { Api, GrammyError, HttpError } from "grammy/web";
import { LIMITS } from "../limits.ts";
import type { Reply } from "./reply.ts";

/** Something a person did in a private chat. */
export interface Said {
  readonly chatId: string;
  /** As its person is called there. */
  readonly title: string;
  readonly text: string;
  /** When it was sent; null for a button, of which Telegram does not tell. */
  readonly sentAtMs: number | null;
  /** The message the button is under, which the answer replaces. */
  readonly pressed: { readonly callbackId: string; readonly messageId: number } | null;
}

export type WireFault =
  /** Nothing helps but another token. */
  | { readonly kind: "token-refused" }
  | { readonly kind: "busy-elsewhere" }
  | { readonly kind: "wait"; readonly ms: number }
  /** The chat does not want us, or there is none. */
  | { readonly kind: "chat-gone" }
  | { readonly kind: "unreachable"; readonly reason: string };

export type Outcome<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "failed"; readonly fault: WireFault };

export interface BotWire {
  /** Who we are there; also puts away a webhook, which would keep updates from us. */
  introduce(commands: readonly { command: string; description: string }[]): Promise<Outcome<{ username: string }>>;
  /** Waits for something to be said, for up to `LIMITS.telegramPollMs`. */
  listen(offset: number): Promise<Outcome<{ said: readonly Said[]; nextOffset: number }>>;
  send(chatId: string, reply: Reply): Promise<Outcome<null>>;
  /** Answers a button: what is under it becomes the reply. */
  replace(said: Said, reply: Reply): Promise<Outcome<null>>;
}

const CALL_SLACK_MS = 20_000;
const SILENT_MS = 10_000;

function judge(error: unknown): WireFault {
  if (error instanceof GrammyError) {
    const { error_code: code, parameters } = error;
    if (code === 401 || code === 404) return { kind: "token-refused" };
    if (code === 409) return { kind: "busy-elsewhere" };
    if (code === 429) return { kind: "wait", ms: (parameters.retry_after ?? 5) * 1_000 };
    if (code === 400 || code === 403) return { kind: "chat-gone" };
    return { kind: "unreachable", reason: `Telegram answers with ${code}` };
  }
  if (error instanceof HttpError) return { kind: "unreachable", reason: "no answer" };
  throw error;
}

async function attempt<Value>(act: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { kind: "done", value: await act() };
  } catch (error) {
    return { kind: "failed", fault: judge(error) };
  }
}

function keyboardOf(reply: Reply) {
  if (reply.buttons.length === 0) return {};
  const rows = reply.buttons.map((row) => row.map(({ text, command }) => ({ text, callback_data: command })));
  return { reply_markup: { inline_keyboard: rows } };
}

/** Only what is said in a private chat: in a group, everybody would have a hand on the pool. */
function saidIn(update: Update): Said | null {
  const { message, callback_query: query } = update;
  if (message?.text !== undefined && message.chat.type === "private") {
    const { chat, text, date } = message;
    const title = chat.username ?? chat.first_name;
    return { chatId: String(chat.id), title, text, sentAtMs: date * 1_000, pressed: null };
  }
  const under = query?.message;
  if (query?.data === undefined || under?.chat.type !== "private" || query.from.id !== under.chat.id) return null;
  const pressed = { callbackId: query.id, messageId: under.message_id };
  const title = query.from.username ?? query.from.first_name;
  return { chatId: String(under.chat.id), title, text: query.data, sentAtMs: null, pressed };
}

/**
 * The long question ends with `ending`; everything else ends by itself in seconds, and is let finish: what has arrived must
 * not count as lost. A redirect would carry the token elsewhere.
 */
function fetchWithin(ending: AbortSignal): typeof globalThis.fetch {
  const send = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const isLong = String(input).endsWith("/getUpdates");
    const bound = AbortSignal.timeout(isLong ? LIMITS.telegramPollMs + CALL_SLACK_MS : SILENT_MS);
    const signals = [bound, ...(isLong ? [ending] : []), ...(init.signal ? [init.signal] : [])];
    return globalThis.fetch(input, { ...init, redirect: "error", signal: AbortSignal.any(signals) });
  };
  return Object.assign(send, { preconnect: globalThis.fetch.preconnect });
}

/** `apiUrl` without a slash at its end. */
export function openBotWire(token: string, apiUrl: string, ending: AbortSignal): BotWire {
  const api = new Api(token, { apiRoot: apiUrl, fetch: fetchWithin(ending) });
  return {
    introduce: (commands) =>
      attempt(async () => {
        const me: UserFromGetMe = await api.getMe();
        await api.deleteWebhook();
        await api.setMyCommands([...commands]);
        return { username: me.username };
      }),
    listen: (offset) =>
      attempt(async () => {
        const timeout = LIMITS.telegramPollMs / 1_000;
        const updates = await api.getUpdates({
          offset,
          timeout,
          allowed_updates: ["message", "callback_query"],
        });
        const nextOffset = updates.reduce((next, update) => Math.max(next, update.update_id + 1), offset);
        return { said: updates.map(saidIn).filter((said) => said !== null), nextOffset };
      }),
    send: (chatId, reply) =>
      attempt(async () => {
        await api.sendMessage(chatId, reply.text, keyboardOf(reply));
        return null;
      }),
    replace: (said, reply) =>
      attempt(async () => {
        if (said.pressed === null) return null;
        const { callbackId, messageId } = said.pressed;
        await api.answerCallbackQuery(callbackId);
        await api.editMessageText(said.chatId, messageId, reply.text, keyboardOf(reply));
        return null;
      }),
  };
}
