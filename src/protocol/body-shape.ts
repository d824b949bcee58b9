/**
 * Is a JSON text fit to be parsed? A few bytes of it can become a hundred times as many in memory, and what is nested
 * deeply enough brings down whoever walks it. Looks at what stands between the strings only, before anything is built. Pure.
 */
import { skipString } from "./json-spans.ts";

/** Deeper than any schema or conversation, and shallow enough for everything that calls itself. */
export const NESTING_MAX = 1_000;
/** Three times the tokens that one request for embeddings may list. */
export const VALUES_MAX = 1_000_000;

export const BODY_SHAPES = ["fit", "too-deep", "too-many-values"] as const;
export type BodyShape = (typeof BODY_SHAPES)[number];

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Says nothing about whether the text is JSON. */
export function shapeOf(text: string): BodyShape {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = skipString(text, at) - 1;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        values += 1;
        if (depth > NESTING_MAX) return "too-deep";
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        values += 1;
        if (values > VALUES_MAX) return "too-many-values";
    }
  }
  return "fit";
}
