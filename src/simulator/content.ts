/**
 * Question: what can an answer say?
 * Owns the content of a turn as data, and the short builders tests write it with.
 * Must not know the wire: `sse-script.ts` turns content into events.
 */

export type JsonObject = Record<string, unknown>;

export type ContentItem =
  | { readonly kind: "text"; readonly text: string; readonly phase: "commentary" | "final_answer" | null }
  | { readonly kind: "reasoning"; readonly summary: string }
  | {
      readonly kind: "function-call";
      readonly name: string;
      readonly namespace: string | null;
      readonly arguments: string;
      readonly callId: string | null;
    }
  | {
      readonly kind: "custom-tool-call";
      readonly name: string;
      readonly namespace: string | null;
      readonly input: string;
      readonly callId: string | null;
    }
  | { readonly kind: "compaction" }
  | { readonly kind: "raw-item"; readonly item: JsonObject };

/** A plain string is one text item. */
export type Content = string | ContentItem | readonly ContentItem[];

/** An assistant message. */
export function text(said: string, phase: "commentary" | "final_answer" | null = null): ContentItem {
  return { kind: "text", text: said, phase };
}

/** A reasoning item with a summary; sealed for the account's organisation when the request asks for encrypted reasoning. */
export function reasoning(summary: string): ContentItem {
  return { kind: "reasoning", summary };
}

export interface CallOptions {
  namespace?: string | null;
  callId?: string | null;
}

/** A call of a function tool. `args` is JSON text, or a value to be written as JSON. */
export function functionCall(name: string, args: unknown, options: CallOptions = {}): ContentItem {
  const written = typeof args === "string" ? args : JSON.stringify(args);
  return {
    kind: "function-call",
    name,
    namespace: options.namespace ?? null,
    arguments: written,
    callId: options.callId ?? null,
  };
}

/** A call of a free-form (custom) tool, such as the shell of the lite models. */
export function customToolCall(name: string, input: string, options: CallOptions = {}): ContentItem {
  return {
    kind: "custom-tool-call",
    name,
    namespace: options.namespace ?? null,
    input,
    callId: options.callId ?? null,
  };
}

/** A compaction item: the history, sealed. */
export function compaction(): ContentItem {
  return { kind: "compaction" };
}

/** An output item written out by hand. */
export function rawItem(item: JsonObject): ContentItem {
  return { kind: "raw-item", item };
}

export function listContent(content: Content): readonly ContentItem[] {
  if (typeof content === "string") return [text(content)];
  return isList(content) ? content : [content];
}

function isList(content: ContentItem | readonly ContentItem[]): content is readonly ContentItem[] {
  return Array.isArray(content);
}
