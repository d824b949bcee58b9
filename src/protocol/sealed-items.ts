/** Does a conversation hold what only one account can read and nobody can leave out? Pure. */
import { isObject } from "./wire-event.ts";

function isSealed(value: unknown): boolean {
  return isObject(value) && typeof value["encrypted_content"] === "string";
}

function sealedParts(value: unknown): boolean {
  return Array.isArray(value) && value.some(isSealed);
}

/**
 * Agents' messages, outputs of tools and compactions may be sealed for the account that made them. Reasoning is sealed
 * too, but a conversation can do without it.
 */
export function carriesSealedHistory(body: Readonly<Record<string, unknown>>): boolean {
  const { input } = body;
  if (!Array.isArray(input)) return false;
  return input.some(
    (item: unknown) =>
      isObject(item) &&
      item["type"] !== "reasoning" &&
      (isSealed(item) || sealedParts(item["content"]) || sealedParts(item["output"])),
  );
}
