/**
 * Which chats may talk to us? A chat becomes one of them by the code that the machine shows: used once, then replaced, and
 * replaced also when somebody guesses. Says nothing to anybody; the caller decides what is heard.
 */

import { NOTHING_TOLD } from "../operations/pool-news.ts";
import type { RuntimeStore } from "../ports.ts";

export interface Pairing {
  /** The code in force; in the store, too, where `daemon status` finds it. */
  code(): string;
  isPaired(chatId: string): boolean;
  /** True when the code was right: the chat is paired from then on. */
  tryPair(chatId: string, title: string, code: string, nowMs: number): boolean;
  unpair(chatId: string): boolean;
}

export interface PairingOptions {
  readonly store: Pick<RuntimeStore, "remote" | "setRemote" | "remoteChats" | "saveRemoteChat" | "removeRemoteChat">;
  /** Fit for secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** A code was replaced because it was guessed at. */
  onGuessing(): void;
}

const CODE_DIGITS = 8;
/** Of a hundred million codes, nobody finds one this way. */
const GUESSES_MAX = 5;
const TITLE_LENGTH_MAX = 80;

/** Digits only: they are typed by hand on a phone. */
function makeCode(randomBytes: PairingOptions["randomBytes"]): string {
  let digits = "";
  // Bytes from 250 on would favour the first digits.
  while (digits.length < CODE_DIGITS) for (const byte of randomBytes(CODE_DIGITS)) if (byte < 250) digits += byte % 10;
  return digits.slice(0, CODE_DIGITS);
}

export function openPairing(options: PairingOptions): Pairing {
  const { store } = options;
  const state = { guesses: 0, code: makeCode(options.randomBytes) };
  const publish = (): void => store.setRemote({ ...store.remote(), code: state.code });
  const replace = (): void => {
    state.guesses = 0;
    state.code = makeCode(options.randomBytes);
    publish();
  };
  publish();
  return {
    code: () => state.code,
    isPaired: (chatId) => store.remoteChats().some((chat) => chat.chatId === chatId),
    tryPair(chatId, title, code, nowMs) {
      if (code !== state.code) {
        state.guesses += 1;
        if (state.guesses < GUESSES_MAX) return false;
        replace();
        options.onGuessing();
        return false;
      }
      const told = JSON.stringify(NOTHING_TOLD);
      const name = title.replace(/\p{C}/gu, "").slice(0, TITLE_LENGTH_MAX);
      store.saveRemoteChat({ chatId, title: name, pairedAtMs: nowMs, quiet: null, told });
      replace();
      return true;
    },
    unpair: (chatId) => store.removeRemoteChat(chatId),
  };
}
