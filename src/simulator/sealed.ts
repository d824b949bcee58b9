/**
 * Question: who may read an encrypted item?
 * Owns the stand-in for encrypted content: an opaque blob that carries the organisation it was made for and a checksum.
 * Must not pretend to be cryptography: it only has to notice a foreign organisation and a changed byte.
 */
import type { Rng } from "../ports.ts";
import type { JsonObject } from "./content.ts";
import { isObject } from "./request-body.ts";
import { drawHex } from "./rng.ts";

/** How a refused blob is told: as a 400, as a 400 whose code is null, as `response.failed` or as a bare `error` event. */
export const SEALED_REFUSALS = ["http-400", "null-code", "stream-failed", "stream-error"] as const;
export type SealedRefusal = (typeof SEALED_REFUSALS)[number];

export interface SealedProblem {
  readonly reason: "foreign" | "broken";
  readonly message: string;
}

const MARK = "gAAAAAB";

/** Seals something for an organisation. */
export function sealFor(orgId: string, rng: Rng): string {
  const inner = `${orgId}|${drawHex(rng, 64)}`;
  return MARK + Buffer.from(`${inner}|${checksumOf(inner)}`).toString("base64url");
}

/** The organisation a blob was sealed for, or null for a blob that was tampered with or never sealed here. */
function openSeal(blob: string): string | null {
  if (!blob.startsWith(MARK)) return null;
  const parts = Buffer.from(blob.slice(MARK.length), "base64url").toString("utf8").split("|");
  const [orgId, nonce, checksum] = parts;
  if (orgId === undefined || nonce === undefined || parts.length !== 3) return null;
  if (sealedText(orgId, nonce, checksum) !== blob) return null;
  return checksum === checksumOf(`${orgId}|${nonce}`) ? orgId : null;
}

/** The first item of `input` that this organisation cannot read; null when all are fine. `anyOrg` accepts foreign ones. */
export function findSealedProblem(input: readonly unknown[], orgId: string, anyOrg: boolean): SealedProblem | null {
  for (const item of input) {
    if (!isObject(item)) continue;
    for (const blob of blobsOf(item)) {
      const owner = openSeal(blob);
      if (owner === null) return { reason: "broken", message: brokenMessage(item) };
      if (owner !== orgId && !anyOrg) return { reason: "foreign", message: foreignMessage(item) };
    }
  }
  return null;
}

function sealedText(orgId: string, nonce: string, checksum: string | undefined): string {
  return MARK + Buffer.from(`${orgId}|${nonce}|${checksum}`).toString("base64url");
}

function blobsOf(item: JsonObject): string[] {
  const found: string[] = [];
  if (typeof item["encrypted_content"] === "string") found.push(item["encrypted_content"]);
  for (const part of [item["content"], item["output"]].flat()) {
    if (isObject(part) && typeof part["encrypted_content"] === "string") found.push(part["encrypted_content"]);
  }
  return found;
}

function foreignMessage(item: JsonObject): string {
  if (isToolOutput(item)) return "Encrypted function output content could not be decrypted or decoded.";
  const reason = "Encrypted content organization_id did not match the target organization.";
  return `The encrypted content for item ${nameOf(item)} could not be verified. Reason: ${reason}`;
}

function brokenMessage(item: JsonObject): string {
  if (isToolOutput(item)) return "Encrypted function output content could not be decrypted or decoded.";
  const reason = "Encrypted content could not be decrypted or parsed.";
  return `The encrypted content for item ${nameOf(item)} could not be verified. Reason: ${reason}`;
}

function isToolOutput(item: JsonObject): boolean {
  return typeof item["type"] === "string" && item["type"].endsWith("_call_output");
}

function nameOf(item: JsonObject): string {
  return typeof item["id"] === "string" ? item["id"] : "rs_unknown";
}

/** FNV-1a, 32 bits: enough to notice a changed byte. */
function checksumOf(sealed: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < sealed.length; index += 1) {
    hash = Math.imul(hash ^ sealed.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}
