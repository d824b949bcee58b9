/** Which object does a request's text hold? Refuses what is no JSON, and what would not be safe to hold. Pure. */
import { NESTING_MAX, shapeOf, VALUES_MAX } from "./body-shape.ts";
import { parseJson } from "./parse-json.ts";
import { type Refusal, refuseRequest } from "./refusal.ts";
import { isObject } from "./wire-event.ts";

export type ParsedBody =
  | { readonly kind: "ok"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly refusal: Refusal };

function refused(code: string, message: string): ParsedBody {
  return { kind: "refused", refusal: refuseRequest(code, message) };
}

/** Every request's body is one object. */
export function parseBody(text: string): ParsedBody {
  switch (shapeOf(text)) {
    case "too-deep":
      return refused("invalid_json", `The request body is nested more than ${NESTING_MAX} deep.`);
    case "too-many-values":
      return refused("request_too_large", `The request body holds more than ${VALUES_MAX} values.`);
    case "fit": {
      const body = parseJson(text);
      if (body === undefined) return refused("invalid_json", "The request body is not valid JSON.");
      return isObject(body) ? { kind: "ok", body } : refused("invalid_json", "The request body must be a JSON object.");
    }
  }
}
