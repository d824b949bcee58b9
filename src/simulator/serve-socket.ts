/**
 * Question: how does a WebSocket get onto a real socket?
 * Owns the handshake's answer, the bytes of frames, pongs, and connections that are cut or fall silent.
 * Must not decide anything: every frame comes from the simulator.
 */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Simulator } from "./simulator.ts";
import { FrameReader, OPCODES, type SocketFrame, writeClose, writeFrame } from "./socket-frames.ts";
import type { SocketOutlet, SocketSession } from "./socket-session.ts";

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CUT = 1006;

function writeHead(status: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}

async function refuseUpgrade(answer: Response, peer: Duplex): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  const headers = { ...Object.fromEntries(answer.headers), connection: "close", "content-length": String(body.length) };
  peer.end(Buffer.concat([Buffer.from(writeHead(`${answer.status} Refused`, headers)), body]));
}

/** Serves one upgrade. Rejects with a TransportFault when the connection is to be broken instead. */
export async function serveSocket(sim: Simulator, request: Request, peer: Duplex): Promise<void> {
  const admission = await sim.openSocket(request);
  if (admission.kind === "refused") return refuseUpgrade(admission.answer, peer);
  const key = request.headers.get("sec-websocket-key") ?? "";
  const accept = createHash("sha1").update(`${key}${KEY_SUFFIX}`).digest("base64");
  const handshake = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-accept": accept };
  peer.write(writeHead("101 Switching Protocols", { ...admission.headers, ...handshake }));
  const line = { isSilent: false };
  const session = admission.begin(outletOf(peer, line));
  const reader = new FrameReader(() => sim.settings.socket.messageBytesMax);
  peer.on("data", (bytes: Buffer) => {
    if (line.isSilent) return;
    for (const frame of reader.push(bytes)) takeFrame(frame, session, peer);
  });
  peer.on("error", () => peer.destroy());
  // Node keeps half of it open when the client ends its own half.
  peer.on("end", () => peer.destroy());
  peer.on("close", () => session.end());
}

function outletOf(peer: Duplex, line: { isSilent: boolean }): SocketOutlet {
  return {
    send: (text) => {
      if (!line.isSilent && peer.writable) peer.write(writeFrame(OPCODES.text, Buffer.from(text)));
    },
    close: (code) => {
      if (code === CUT) peer.destroy();
      else if (peer.writable) peer.end(writeClose(code));
    },
    goSilent: () => {
      line.isSilent = true;
    },
  };
}

function takeFrame(frame: SocketFrame, session: SocketSession, peer: Duplex): void {
  switch (frame.kind) {
    case "text":
      session.take(frame.text);
      return;
    case "binary":
      session.refuse(1003);
      return;
    case "too-large":
      session.refuse(1009);
      return;
    case "ping":
      session.pinged();
      peer.write(writeFrame(OPCODES.pong, frame.payload));
      return;
    case "pong":
      return;
    case "close":
      if (peer.writable) peer.end(writeClose(frame.code === 1005 ? 1000 : frame.code));
      session.end();
  }
}
