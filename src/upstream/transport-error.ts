/** What kind of transport fault was that? Reads the runtime's codes; where we stood is the caller's to know. */
import { TransportError } from "../ports.ts";
import type { TransportFault } from "../router/rules/failure.ts";

/** Codes of Bun's fetch, as measured on 1.4.5, and the usual names of the operating system. */
const FAULT_BY_CODE: Readonly<Record<string, TransportFault>> = {
  ConnectionRefused: "refused",
  ECONNREFUSED: "refused",
  FailedToOpenSocket: "dns",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  DNSResolveFailed: "dns",
  ECONNRESET: "reset",
  ConnectionClosed: "reset",
  EPIPE: "reset",
  Timeout: "timeout",
  ETIMEDOUT: "timeout",
  ConnectionTimeout: "timeout",
  UnsupportedProxyProtocol: "proxy",
  ProxyConnectionRefused: "proxy",
  ERR_PROXY_TUNNEL: "proxy",
};

export function transportErrorOf(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const known = FAULT_BY_CODE[code];
  if (known !== undefined) return new TransportError(known);
  if (/CERT|SSL|TLS/i.test(code)) return new TransportError("tls");
  return new TransportError(error instanceof Error && error.name === "TimeoutError" ? "timeout" : "other");
}
