/**
 * How is a line told to systemd? Sends one datagram to the socket that it names in `NOTIFY_SOCKET`. Bun has no datagram
 * sockets of this family, so the C library is asked. Knows nothing of what the lines mean.
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";

const AF_UNIX = 1;
/** A datagram socket that no child inherits. */
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** A listener that has gone must not end the process by a signal. */
const MSG_NOSIGNAL = 0x4000;
/** What the kernel's address holds besides the two bytes of its family. */
const PATH_BYTES_MAX = 108;

const SYMBOLS = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
} as const;

/** The C library's file, by the two kinds of Linux there are. */
function libraryNames(): readonly string[] {
  const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  return ["libc.so.6", `libc.musl-${arch}.so.1`];
}

function openLibrary() {
  for (const name of libraryNames()) {
    try {
      return dlopen(name, SYMBOLS);
    } catch {
      // The other kind of Linux.
    }
  }
  return null;
}

/** The address as the kernel reads it; `@` stands for the zero byte of a name that is in no folder. Null when too long. */
export function socketAddress(path: string): Uint8Array | null {
  const name = Buffer.from(path);
  if (name[0] === 0x40) name[0] = 0;
  // A name in a folder ends with a zero byte, an abstract one with its length.
  const bytes = name[0] === 0 ? name : Buffer.concat([name, Buffer.alloc(1)]);
  if (bytes.length > PATH_BYTES_MAX) return null;
  return Buffer.concat([Buffer.from(new Uint16Array([AF_UNIX]).buffer), bytes]);
}

/** Whether the text went out. Nobody has to have read it. */
export function sendDatagram(path: string, text: string): boolean {
  const address = socketAddress(path);
  const library = process.platform === "linux" && address !== null ? openLibrary() : null;
  if (library === null || address === null) return false;
  const { socket, sendto, close } = library.symbols;
  const descriptor = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  try {
    if (descriptor < 0) return false;
    const bytes = Buffer.from(text);
    const at: Pointer = ptr(bytes);
    return Number(sendto(descriptor, at, bytes.length, MSG_NOSIGNAL, ptr(address), address.length)) === bytes.length;
  } finally {
    if (descriptor >= 0) close(descriptor);
    library.close();
  }
}
