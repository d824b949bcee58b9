/**
 * A remote for the operations: what paired chats ask is answered, and what happens to the pool is told to them. Owns the
 * connection to Telegram for as long as the runtime serves. A chat that is not paired hears nothing at all.
 */
import { isNews, startNewsRounds } from "../alerts/news-rounds.ts";
import type { Desk } from "../operations/operation.ts";
import { NOTHING_TOLD, readTold } from "../operations/pool-news.ts";
import { readProfiles } from "../operations/read-profiles.ts";
import type { RemoteChat, RuntimeStore } from "../ports.ts";
import type { Emit, TelemetryEvent } from "../telemetry/events.ts";
import { stackOf } from "../telemetry/stack-of.ts";
import { VERSION } from "../version.ts";
import { type BotWire, openBotWire, type Said, type WireFault } from "./bot-wire.ts";
import { answerChat, CHAT_COMMANDS, type ChatContext, readCommand } from "./chat-commands.ts";
import { openPairing, type Pairing } from "./pairing.ts";
import { pollUpdates } from "./poll-updates.ts";
import { type Reply, reply } from "./reply.ts";
import { openSignIns, type SignIns } from "./sign-in-by-chat.ts";
import { whatToTell } from "./tell-news.ts";

export interface RemoteOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly desk: Desk;
  readonly store: RuntimeStore;
  readonly startedAtMs: number;
  /** Fit for secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Minutes since midnight where the daemon is. */
  readonly minuteOfDay: () => number;
  readonly newId: (prefix: string) => string;
  readonly emit: Emit;
}

export interface Remote {
  /** Looks for news soon when this may have made some. */
  hear(event: TelemetryEvent): void;
  stop(): Promise<void>;
}

/** What was sent while nobody listened is not done hours later. */
const STALE_MS = 10 * 60_000;

interface Room extends RemoteOptions {
  readonly wire: BotWire;
  readonly pairing: Pairing;
  readonly signIns: SignIns;
  /** Looks for news soon. */
  nudge(): void;
}

function troubleText(fault: WireFault): string {
  switch (fault.kind) {
    case "token-refused":
      return "Telegram refuses the bot's token; the remote control is off until the daemon starts with another one";
    case "busy-elsewhere":
      return "Telegram: another program listens with this bot's token";
    case "wait":
      return "Telegram asks to slow down";
    case "chat-gone":
      return "Telegram does not know what was asked of it";
    case "unreachable":
      return `Telegram cannot be reached (${fault.reason}); trying on`;
  }
}

function say(room: RemoteOptions, level: "info" | "warn", text: string): void {
  room.emit({ kind: "remote-control", level, text });
}

function reportBug(room: RemoteOptions, error: unknown): string {
  const id = room.newId("err");
  room.emit({
    kind: "internal-error",
    turnId: null,
    id,
    text: stackOf(error),
  });
  return id;
}

function chatOf(room: Room, chatId: string): RemoteChat | null {
  return room.store.remoteChats().find((chat) => chat.chatId === chatId) ?? null;
}

async function send(room: Room, chatId: string, given: Reply): Promise<boolean> {
  // A chat that was removed meanwhile hears nothing more.
  if (!room.pairing.isPaired(chatId)) return false;
  return (await room.wire.send(chatId, given)).kind === "done";
}

/** The chat that signed in is told so in words of its own, and of what else that changed soon. */
function noteSignedIn(room: Room, chatId: string, profile: string): void {
  const chat = chatOf(room, chatId);
  if (chat !== null) {
    const told = readTold(chat.told);
    const sign_in = told.sign_in.filter((name) => name !== profile);
    room.store.saveRemoteChat({ ...chat, told: JSON.stringify({ ...told, sign_in }) });
  }
  room.nudge();
}

function contextOf(room: Room, chat: RemoteChat): ChatContext {
  return {
    desk: room.desk,
    chat,
    saveChat: (changed) => room.store.saveRemoteChat(changed),
    unpair: () => {
      room.pairing.unpair(chat.chatId);
      say(room, "warn", `Telegram: the chat with ${chat.title} is not paired any more`);
    },
    signIn: (profile) =>
      room.signIns.begin(
        profile,
        async (given) => {
          await send(room, chat.chatId, given);
        },
        () => noteSignedIn(room, chat.chatId, profile),
      ),
  };
}

/** `/pair 12345678`, also as a link's `/start 12345678`. Everything else from outside is not even refused. */
async function hearStranger(room: Room, said: Said): Promise<void> {
  const command = readCommand(said.text);
  if (said.pressed !== null || (command?.name !== "pair" && command?.name !== "start")) return;
  const code = command.argument.replace(/\s/g, "");
  if (!room.pairing.tryPair(said.chatId, said.title, code, room.desk.clock.now())) return;
  const chat = chatOf(room, said.chatId);
  if (chat === null) return;
  // Its first alert is not that the daemon runs.
  room.store.saveRemoteChat({ ...chat, told: JSON.stringify({ ...NOTHING_TOLD, started_at_ms: room.startedAtMs }) });
  say(room, "info", `Telegram: a chat with ${chat.title} was paired`);
  const status = await answerChat(contextOf(room, chat), "/status");
  await room.wire.send(
    said.chatId,
    reply(["Paired: this chat controls the pool. See /help", "", status.text], status.buttons),
  );
}

async function answer(room: Room, chat: RemoteChat, said: Said): Promise<Reply> {
  const isStale = said.sentAtMs !== null && room.desk.clock.now() - said.sentAtMs > STALE_MS;
  if (isStale) return reply(["That was sent while the daemon did not listen. Nothing was done; send it again."]);
  try {
    return await answerChat(contextOf(room, chat), said.text);
  } catch (error) {
    return reply([`Something went wrong here. The daemon's log has it: ${reportBug(room, error)}`]);
  }
}

async function hear(room: Room, said: Said): Promise<void> {
  try {
    const chat = chatOf(room, said.chatId);
    if (chat === null) return await hearStranger(room, said);
    const given = await answer(room, chat, said);
    if (said.pressed === null) await room.wire.send(said.chatId, given);
    else await room.wire.replace(said, given);
  } catch (error) {
    reportBug(room, error);
  }
}

async function tellAll(room: Room): Promise<void> {
  const chats = room.store.remoteChats();
  if (chats.length === 0) return;
  const views = readProfiles(room.desk);
  const nowMs = room.desk.clock.now();
  const moment = { nowMs, minuteOfDay: room.minuteOfDay(), startedAtMs: room.startedAtMs, version: VERSION };
  for (const chat of chats) {
    const telling = whatToTell(chat, views, moment);
    if (telling === null || (telling.reply !== null && !(await send(room, chat.chatId, telling.reply)))) continue;
    const told = JSON.stringify(telling.told);
    const now = chatOf(room, chat.chatId);
    if (now !== null && now.told !== told) room.store.saveRemoteChat({ ...now, told });
  }
}

function showListening(room: Room, username: string): void {
  room.store.setRemote({ bot: username, code: room.pairing.code() });
  say(room, "info", `Telegram: listening as @${username}`);
  if (room.store.remoteChats().length > 0) return;
  say(room, "info", `Telegram: no chat is paired. To pair one, send @${username} this: /pair ${room.pairing.code()}`);
}

export function startRemote(options: RemoteOptions): Remote {
  const ending = new AbortController();
  const { signal } = ending;
  const pairing = openPairing({
    store: options.store,
    randomBytes: options.randomBytes,
    onGuessing: () => say(options, "warn", "Telegram: somebody guesses at the pairing code; there is a new one"),
  });
  const telling = startNewsRounds({
    clock: options.desk.clock,
    signal,
    look: () => tellAll(room),
    onBug: (error) => void reportBug(options, error),
  });
  const room: Room = {
    ...options,
    pairing,
    wire: openBotWire(options.token, options.apiUrl, signal),
    signIns: openSignIns(options.desk, signal, (error) => void reportBug(options, error)),
    nudge: telling.nudge,
  };
  const polling = pollUpdates({
    wire: room.wire,
    clock: options.desk.clock,
    commands: CHAT_COMMANDS.map(({ name, description }) => ({ command: name, description })),
    signal,
    onListening: (username) => showListening(room, username),
    onTrouble: (fault) => say(options, "warn", troubleText(fault)),
    onSaid: (said) => hear(room, said),
  }).catch((error: unknown) => void reportBug(options, error));
  return {
    hear: (event) => {
      if (isNews(event)) telling.nudge();
    },
    stop: async () => {
      ending.abort();
      await Promise.all([polling, telling.settled()]);
      options.store.setRemote({ bot: null, code: null });
    },
  };
}
