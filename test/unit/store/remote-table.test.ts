import { describe, expect, onTestFinished, test } from "bun:test";
import type { RemoteChat, RuntimeStore } from "../../../src/ports.ts";
import { openRuntimeStore } from "../../../src/store/runtime-store.ts";
import { useTempHome } from "../../support/temp-home.ts";

function open(home: string): RuntimeStore {
  const store = openRuntimeStore(home, "daemon");
  onTestFinished(store.close);
  return store;
}

const CHAT: RemoteChat = { chatId: "-100200300400500", title: "Ann", pairedAtMs: 2.5, quiet: null, told: "{}" };

describe("the remote control's memory", () => {
  test("is empty at first, and keeps the bot, the code and the chats", () => {
    const home = useTempHome();
    const first = open(home);
    expect([first.remote(), first.remoteChats()]).toEqual([{ bot: null, code: null }, []]);
    first.setRemote({ bot: "pool_bot", code: "12345678" });
    first.saveRemoteChat(CHAT);
    const second = open(home);
    expect(second.remote()).toEqual({ bot: "pool_bot", code: "12345678" });
    expect(second.remoteChats()).toEqual([CHAT]);
  });

  test("changes a chat in place, but for when it was paired", () => {
    const store = open(":memory:");
    store.saveRemoteChat(CHAT);
    store.saveRemoteChat({ ...CHAT, title: "Anna", pairedAtMs: 9, quiet: { fromMinute: 0, toMinute: 60 }, told: "x" });
    expect(store.remoteChats()).toEqual([
      { ...CHAT, title: "Anna", quiet: { fromMinute: 0, toMinute: 60 }, told: "x" },
    ]);
  });

  test("forgets a chat once", () => {
    const store = open(":memory:");
    store.saveRemoteChat(CHAT);
    expect([store.removeRemoteChat(CHAT.chatId), store.removeRemoteChat(CHAT.chatId)]).toEqual([true, false]);
    expect(store.remoteChats()).toEqual([]);
  });

  test("finds nothing wrong with a sound file", () => {
    expect(open(useTempHome()).damage()).toEqual([]);
  });
});
