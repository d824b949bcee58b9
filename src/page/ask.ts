/** How does the page ask the runtime for something? The only file that calls `fetch`. */
import type { PageOperationName, PageOperations } from "../operations/page-wire.ts";

export interface Refusal {
  /** One of the operations' reasons, or `offline` and `signed-out`, which are the page's own. */
  readonly reason: string;
  readonly message: string;
  readonly hint: string | null;
}

export type Answer<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export type SessionState = "open" | "closed" | "offline";

const OFFLINE: Refusal = {
  reason: "offline",
  message: "The desktop runtime does not answer.",
  hint: "Is it still running? Start it with: codexuse desktop",
};

const SIGNED_OUT: Refusal = {
  reason: "signed-out",
  message: "This page's session has ended.",
  hint: "Open the page anew with: codexuse desktop",
};

function refuse<Result>(refusal: Refusal): Answer<Result> {
  return { kind: "refused", refusal };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Pure. Anything that is no refusal of ours is told apart by its status alone. */
export function readRefusal(status: number, body: unknown): Refusal {
  const error = isObject(body) ? body["error"] : null;
  if (isObject(error) && typeof error["message"] === "string") {
    const { reason, message, hint } = error;
    return {
      reason: typeof reason === "string" ? reason : "failed",
      message,
      hint: typeof hint === "string" ? hint : null,
    };
  }
  return { reason: "failed", message: `The desktop runtime answered with status ${status}.`, hint: null };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Runs an operation. Never throws: what goes wrong is a refusal to show. */
export async function askOperation<Name extends PageOperationName>(
  operation: Name,
  input: PageOperations[Name]["input"],
): Promise<Answer<PageOperations[Name]["result"]>> {
  try {
    const response = await fetch(`/operations/${operation}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
    });
    if (response.status === 401) return refuse(SIGNED_OUT);
    const body = await readJson(response);
    if (!response.ok || !isObject(body) || !("result" in body)) return refuse(readRefusal(response.status, body));
    return { kind: "done", result: body["result"] as PageOperations[Name]["result"] };
  } catch (error) {
    if (error instanceof TypeError) return refuse(OFFLINE);
    throw error;
  }
}

/** Whether this browser may see anything. */
export async function askSession(): Promise<SessionState> {
  try {
    const { status, ok } = await fetch("/operations/session");
    if (ok) return "open";
    return status === 401 ? "closed" : "offline";
  } catch (error) {
    if (error instanceof TypeError) return "offline";
    throw error;
  }
}
