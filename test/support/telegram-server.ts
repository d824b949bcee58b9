/** A stand-in for Telegram's Bot API on loopback: one bot, private chats that are scripted, and faults on demand. */
import { onTestFinished } from "bun:test";
import { waitUntil } from "./wait-until.ts";

export interface Shown {
  readonly chatId: string;
  readonly messageId: number;
  readonly text: string;
  /** Captions of its buttons, row by row, with what they send. */
  readonly buttons: readonly { readonly text: string; readonly data: string }[];
  readonly edited: boolean;
}

export type Fault = "500" | "429" | "401" | "409";

export interface TelegramServer {
  readonly url: string;
  readonly token: string;
  /** Everything that the bot has shown to anybody, oldest first. */
  readonly shown: readonly Shown[];
  /** Every method called, without the long question. */
  readonly calls: readonly string[];
  /** A person writes to the bot; `ageS` seconds ago. */
  write(chatId: number, text: string, options?: { ageS?: number; type?: "private" | "group" }): void;
  /** A person presses the button with this caption under the latest message of the chat that has one. */
  press(chatId: number, caption: string): void;
  /** Resolves with the next thing shown to the chat that was not asked for before. */
  next(chatId: number): Promise<Shown>;
  /** Everything answers so from now on; null for as usual. */
  fail(fault: Fault | null): void;
  /** The network is gone: every connection breaks, and new ones are refused, until `comeBack`. */
  hangUp(): Promise<void>;
  comeBack(): void;
  /** Whether the bot is waiting for something to be said. */
  isListening(): boolean;
}

const TOKEN = `123456789:${"AbCdEfGhIj".repeat(3)}klmno`;
const WAIT_MS = 10_000;

interface Call {
  readonly chat_id?: number | string;
  readonly message_id?: number;
  readonly text?: string;
  readonly offset?: number;
  readonly timeout?: number;
  readonly reply_markup?: { inline_keyboard?: { text: string; callback_data: string }[][] };
}

function ok(result: unknown): Response {
  return Response.json({ ok: true, result });
}

function refusal(code: number, description: string, parameters: object = {}): Response {
  return Response.json({ ok: false, error_code: code, description, parameters }, { status: code });
}

function faultAnswer(fault: Fault): Response {
  if (fault === "429") return refusal(429, "Too Many Requests", { retry_after: 1 });
  if (fault === "401") return refusal(401, "Unauthorized");
  if (fault === "409") return refusal(409, "Conflict: terminated by other getUpdates request");
  return refusal(500, "Internal Server Error");
}

/** Stopped when the test has ended. */
export function startTelegram(): TelegramServer {
  const shown: Shown[] = [];
  const calls: string[] = [];
  const taken = new Map<string, number>();
  const updates: { update_id: number }[] = [];
  const waiting = new Set<() => void>();
  const state: { fault: Fault | null; nextId: number; offset: number } = { fault: null, nextId: 1, offset: 0 };
  const newId = () => state.nextId++;

  function wake(): void {
    for (const resolve of [...waiting]) resolve();
  }

  async function getUpdates(call: Call, signal: AbortSignal): Promise<Response> {
    // What lies before the offset has arrived, and is never given out again.
    state.offset = Math.max(state.offset, call.offset ?? 0);
    const fresh = () => updates.filter((update) => update.update_id >= state.offset);
    if (fresh().length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, (call.timeout ?? 0) * 1_000);
      waiting.add(resolve);
      signal.addEventListener("abort", () => resolve());
      await promise;
      waiting.delete(resolve);
      clearTimeout(timer);
    }
    return state.fault === null ? ok(fresh()) : faultAnswer(state.fault);
  }

  function show(call: Call, messageId: number, edited: boolean): Response {
    const buttons = (call.reply_markup?.inline_keyboard ?? []).flat();
    shown.push({
      chatId: String(call.chat_id),
      messageId,
      text: call.text ?? "",
      buttons: buttons.map((button) => ({ text: button.text, data: button.callback_data })),
      edited,
    });
    return ok({ message_id: messageId, date: 0, chat: { id: Number(call.chat_id), type: "private" } });
  }

  async function answer(method: string, call: Call, signal: AbortSignal): Promise<Response> {
    if (method === "getUpdates") return await getUpdates(call, signal);
    calls.push(method);
    switch (method) {
      case "getMe":
        return ok({ id: 1, is_bot: true, first_name: "Pool", username: "pool_bot" });
      case "sendMessage":
        return show(call, newId(), false);
      case "editMessageText":
        return show(call, call.message_id ?? 0, true);
      default:
        return ok(true);
    }
  }

  const serve = (port: number) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 0,
      fetch: answerRequest,
    });

  async function answerRequest(request: Request): Promise<Response> {
    const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(new URL(request.url).pathname) ?? [];
    if (token !== TOKEN || method === undefined) return refusal(401, "Unauthorized");
    if (state.fault !== null) return faultAnswer(state.fault);
    const text = await request.text();
    return await answer(method, text === "" ? {} : JSON.parse(text), request.signal);
  }

  const line = { server: serve(0) };
  const { port = 0 } = line.server;
  onTestFinished(() => line.server.stop(true));

  function add(update: object): void {
    updates.push({ update_id: newId(), ...update });
    wake();
  }

  const person = (chatId: number) => ({ id: chatId, is_bot: false, first_name: "Ann", username: `ann${chatId}` });
  return {
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    shown,
    calls,
    write(chatId, text, { ageS = 0, type = "private" } = {}) {
      const date = Math.floor(Date.now() / 1_000) - ageS;
      const chat = { ...person(chatId), type };
      add({ message: { message_id: newId(), date, chat, from: person(chatId), text } });
    },
    press(chatId, caption) {
      const has = ({ buttons }: Shown) => buttons.some((button) => button.text === caption);
      const message = shown.findLast((entry) => entry.chatId === String(chatId) && has(entry));
      const button = message?.buttons.find(({ text }) => text === caption);
      if (message === undefined || button === undefined) throw new Error(`no button "${caption}"`);
      const under = { message_id: message.messageId, date: 0, chat: { id: chatId, type: "private" } };
      const id = String(newId());
      add({ callback_query: { id, from: person(chatId), chat_instance: "1", data: button.data, message: under } });
    },
    async next(chatId) {
      const own = () => shown.filter((entry) => entry.chatId === String(chatId));
      const seen = taken.get(String(chatId)) ?? 0;
      await waitUntil(`a message to chat ${chatId}`, () => own().length > seen, WAIT_MS);
      taken.set(String(chatId), seen + 1);
      const message = own()[seen];
      if (message === undefined) throw new Error("no message");
      return message;
    },
    fail(fault) {
      state.fault = fault;
      wake();
    },
    hangUp: () => line.server.stop(true),
    comeBack() {
      line.server = serve(port);
    },
    isListening: () => waiting.size > 0,
  };
}
