/** What did one step of a translation give? A value, or the refusal of the whole request; and steps over lists. */
import { type Refusal, refuseRequest } from "./refusal.ts";

export type Mapped<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export function mapped<Value>(value: Value): Mapped<Value> {
  return { kind: "ok", value };
}

/** The request cannot be translated; `param` is the client's own name of the place. */
export function refused(code: string, message: string, param: string): Mapped<never> {
  return { kind: "refused", refusal: refuseRequest(code, message, param) };
}

/** `expected` goes on "expected …", such as `a string`. What was sent is never repeated. */
export function refusedType(param: string, expected: string): Mapped<never> {
  return refused("invalid_type", `Invalid type for '${param}': expected ${expected}.`, param);
}

/** `supported` lists the words that are taken there. */
export function refusedValue(param: string, supported: readonly string[]): Mapped<never> {
  const words = supported.map((word) => `'${word}'`).join(", ");
  return refused("invalid_value", `Invalid value for '${param}'. Supported values are: ${words}.`, param);
}

/** Every element's value in order, or the first refusal. */
export function mapEach<Value>(
  elements: readonly unknown[],
  map: (element: unknown, index: number) => Mapped<Value>,
): Mapped<Value[]> {
  const values: Value[] = [];
  for (const [index, element] of elements.entries()) {
    const result = map(element, index);
    if (result.kind === "refused") return result;
    values.push(result.value);
  }
  return mapped(values);
}
