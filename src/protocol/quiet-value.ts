/** Does a member ask for anything? Clients spell out defaults; what asks for nothing needs no mention when left out. */
import { isObject } from "./wire-event.ts";

export function asksForNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
