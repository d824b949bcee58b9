/** What of a conversation can only one account read, and what of that can be left out? Pure. */
import { editElements } from "./json-spans.ts";
import { isObject, parseObject } from "./wire-event.ts";

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

/** Reasoning that only the account that made it, or one of its organisation, can read. */
export function isSealedReasoning(item: unknown): boolean {
  return isObject(item) && item["type"] === "reasoning" && isSealed(item);
}

/** The JSON text of an array of items without sealed reasoning. */
export function withoutSealedReasoning(items: string): string {
  return editElements(items, (element) => (isSealedReasoning(parseObject(element)) ? null : element));
}
