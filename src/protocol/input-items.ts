/** What was a stored response made from? Its input as the public API lists it: page by page, every item with an id. Pure. */
import { type Mapped, mapped, refused } from "./mapped.ts";
import { isObject } from "./wire-event.ts";

type Members = Readonly<Record<string, unknown>>;

export interface Page {
  readonly limit: number;
  readonly order: "asc" | "desc";
  /** Id of the item behind which the page begins; null for the first page. */
  readonly after: string | null;
}

const LIMIT_USUAL = 20;
const LIMIT_MAX = 100;

/** Reads `limit`, `order` and `after` of a query. */
export function readPage(query: URLSearchParams): Mapped<Page> {
  const limit = Number(query.get("limit") ?? LIMIT_USUAL);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return refused("invalid_value", `Invalid value for 'limit': expected an integer from 1 to ${LIMIT_MAX}.`, "limit");
  }
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") {
    return refused("invalid_value", "Invalid value for 'order'. Supported values are: 'asc', 'desc'.", "order");
  }
  return mapped({ limit, order, after: query.get("after") });
}

const PREFIXES: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
};

/** Clients may send a message as a role and a text; it is told as what it means. */
function spellOut(item: unknown): Members {
  if (!isObject(item)) return {};
  const { type = "message", role, content } = item;
  if (type !== "message" || typeof content !== "string") return { ...item, type };
  const part = role === "assistant" ? { type: "output_text", annotations: [] } : { type: "input_text" };
  return { ...item, type, content: [{ ...part, text: content }] };
}

/** An item that came without an id gets one by its place, which is the same whenever it is listed. */
function nameItem(item: Members, responseId: string, index: number): Members {
  if (typeof item["id"] === "string") return item;
  const prefix = PREFIXES[String(item["type"])] ?? "item";
  return { id: `${prefix}_${responseId.replace(/^resp_/, "")}_${index}`, ...item };
}

/** One page of the list. Refuses a place that is not in it. `input` is the JSON text of an array. */
export function listInputItems(input: string, responseId: string, page: Page): Mapped<Members> {
  const whole: unknown = JSON.parse(input);
  const items = (Array.isArray(whole) ? whole : []).map((item, index) => nameItem(spellOut(item), responseId, index));
  const ordered = page.order === "asc" ? items : items.toReversed();
  const at = page.after === null ? -1 : ordered.findIndex((item) => item["id"] === page.after);
  if (page.after !== null && at === -1) return refused("item_not_found", "No item of this list has that id.", "after");
  const data = ordered.slice(at + 1, at + 1 + page.limit);
  return mapped({
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: at + 1 + data.length < ordered.length,
  });
}
