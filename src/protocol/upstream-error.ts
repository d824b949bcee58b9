/** What does an error answer say? Reads every body family upstream uses; judging it is the rules' job. */
import { isObject, parseObject } from "./wire-event.ts";

export interface UpstreamError {
  /** Lower case, the most exact first; empty when the body has none. */
  readonly codes: readonly string[];
  readonly message: string;
  /** Unix seconds, as stated in the body. */
  readonly resetsAt: number | null;
  readonly resetsInSeconds: number | null;
  /** A page instead of the API's JSON. */
  readonly isPage: boolean;
}

function textsOf(...values: readonly unknown[]): string[] {
  const texts = values.filter((value): value is string => typeof value === "string" && value !== "");
  return [...new Set(texts.map((text) => text.trim().toLowerCase().replace(/\s+/g, "_")))];
}

function numberOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

function firstNumber(...values: readonly unknown[]): number | null {
  return values.map(numberOf).find((value) => value !== null) ?? null;
}

/** Reads `{"error":…}`, `{"detail":…}` and bare objects alike; anything else gives an error without codes. */
function readErrorObject(body: Record<string, unknown>): UpstreamError {
  const error = isObject(body["error"]) ? body["error"] : {};
  const detail = isObject(body["detail"]) ? body["detail"] : {};
  const oauthError = typeof body["error"] === "string" ? body["error"] : null;
  const bareType = body["type"] === "error" ? null : body["type"];
  const message = [error["message"], detail["message"], body["detail"], body["message"], body["error_description"]];
  return {
    codes: textsOf(error["code"], error["type"], detail["code"], body["code"], oauthError, bareType),
    message: message.find((text): text is string => typeof text === "string") ?? "",
    resetsAt: firstNumber(error["resets_at"], detail["resets_at"], body["resets_at"]),
    resetsInSeconds: firstNumber(error["resets_in_seconds"], detail["resets_in_seconds"], body["resets_in_seconds"]),
    isPage: false,
  };
}

export function readErrorBody(text: string): UpstreamError {
  const body = parseObject(text);
  if (body !== null) return readErrorObject(body);
  return { codes: [], message: "", resetsAt: null, resetsInSeconds: null, isPage: /^\s*</.test(text) };
}

/** The failure inside a terminal event's text; for `response.incomplete` the reason stands in as its code. */
export function readEventError(text: string): UpstreamError {
  const event = parseObject(text) ?? {};
  const response = isObject(event["response"]) ? event["response"] : null;
  // The event's own type says that it failed and not why.
  if (response === null) return readErrorObject({ ...event, type: null });
  if (isObject(response["error"])) return readErrorObject({ error: response["error"] });
  const details = isObject(response["incomplete_details"]) ? response["incomplete_details"] : {};
  return readErrorObject({ error: { code: details["reason"], message: details["message"] } });
}
