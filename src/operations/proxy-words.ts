/** How is a proxy given, and how is it shown? Its address may hold a password: never shown whole, never in a message. */
import { maskProxyUrl, readProxyUrl } from "../accounts/proxy-url.ts";
import { OperationError } from "./operation.ts";

/** The address in one form; null for none. Throws `usage`. */
export function parseProxy(text: string | null): string | null {
  if (text === null) return null;
  const read = readProxyUrl(text);
  if (read.kind === "ok") return read.proxyUrl;
  throw new OperationError("usage", read.reason, "Such as http://proxy.example:8080, with user:password@ if need be.");
}

/** Without user name and password; null for none. */
export function shownProxy(proxyUrl: string | null): string | null {
  return proxyUrl === null ? null : maskProxyUrl(proxyUrl);
}

/** Whether the words hold a password, so that they should not stand on a command line. */
export function hasPassword(text: string): boolean {
  const read = readProxyUrl(text);
  return read.kind === "ok" && read.hasPassword;
}
