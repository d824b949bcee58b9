/** The end of the notify protocol that systemd has: a datagram socket that hears what a service says of itself. */
import { dlopen, ptr } from "bun:ffi";
import { rmSync } from "node:fs";
import { socketAddress } from "../../src/daemon/notify-socket.ts";

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT = 0x40;
const BYTES_MAX = 4_096;

export interface NotifyListener {
  /** What has been heard since it was asked last, one datagram each. */
  heard(): string[];
  close(): void;
}

/** Listens at a path, or at an abstract name that begins with `@`. Linux only. */
export function listenForNotes(path: string): NotifyListener {
  const { symbols, close: unload } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const address = socketAddress(path);
  const descriptor = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (address === null || descriptor < 0) throw new Error(`cannot make a socket for ${path}`);
  if (symbols.bind(descriptor, ptr(address), address.length) !== 0) throw new Error(`cannot listen at ${path}`);
  const bytes = Buffer.alloc(BYTES_MAX);
  return {
    heard: () => {
      const texts: string[] = [];
      for (;;) {
        const length = Number(symbols.recv(descriptor, ptr(bytes), BYTES_MAX, MSG_DONTWAIT));
        if (length < 0) return texts;
        texts.push(bytes.toString("utf8", 0, length));
      }
    },
    close: () => {
      symbols.close(descriptor);
      unload();
      if (!path.startsWith("@")) rmSync(path, { force: true });
    },
  };
}
