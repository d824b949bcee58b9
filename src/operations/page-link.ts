/**
 * How does a browser come to the Settings page? By a link with a token in it that lets one browser in, once, within a few
 * minutes. Only its hash is written down, in the file of the desktop runtime: so any process of the owner can make a link
 * to a runtime that serves already.
 */
import { createHash, randomBytes } from "node:crypto";
import { LIMITS } from "../limits.ts";
import type { Desk } from "./operation.ts";

const TOKEN_BYTES = 32;
/** A token in base64url, as `makePageLink` makes it. */
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/;

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The link to a desktop runtime that serves at `port`. Whoever has it first is let in. */
export function makePageLink(desk: Pick<Desk, "runtime" | "clock">, port: number): string {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const nowMs = desk.clock.now();
  const kept = { hash: hashToken(token), expiresAtMs: nowMs + LIMITS.pageTokenMs };
  desk.runtime("desktop").addPageToken(kept, nowMs, LIMITS.pageTokensMax);
  return `http://127.0.0.1:${port}/?token=${token}`;
}

/** Whether a token lets its bearer in; never twice. */
export function spendPageToken(desk: Pick<Desk, "runtime" | "clock">, token: string): boolean {
  // What cannot be a token costs no write.
  if (!TOKEN_FORM.test(token)) return false;
  return desk.runtime("desktop").spendPageToken(hashToken(token), desk.clock.now());
}
