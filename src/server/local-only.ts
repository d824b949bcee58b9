/**
 * Does the request come from this machine, and on purpose? A loopback socket alone does not say so: any page in the
 * owner's browser can reach it. Host and Origin are parsed whole, never matched by their beginning.
 */
import { type Refusal, refuse } from "../protocol/refusal.ts";

/** With a port that cannot be, above 65535, the request's address would be no URL at all. */
const PORT = "[0-5]?\\d{1,4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]";
const LOOPBACK_HOST = new RegExp(`^(?:127\\.0\\.0\\.1|localhost|\\[::1\\])(?::(?:${PORT}))?$`, "i");

/** Names by which this machine may be addressed; anything else is a foreign name that was bent to point here. */
function isLocalHost(host: string | null): boolean {
  return host !== null && LOOPBACK_HOST.test(host);
}

/** Absent for programs; a browser's must be this very server. */
function isOwnOrigin(origin: string | null, host: string | null): boolean {
  if (origin === null) return true;
  if (host === null || !origin.startsWith("http://")) return false;
  return origin.slice("http://".length).toLowerCase() === host.toLowerCase();
}

/** Null when the request may go on. */
export function refuseForeign(headers: Headers): Refusal | null {
  const host = headers.get("host");
  if (!isLocalHost(host)) {
    return refuse(403, "permission_error", "foreign_host", "This server answers only on this machine's own address.");
  }
  if (!isOwnOrigin(headers.get("origin"), host)) {
    return refuse(403, "permission_error", "foreign_origin", "Requests from other web origins are refused.");
  }
  return null;
}
