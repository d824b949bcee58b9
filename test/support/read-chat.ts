/** What a chat client makes of a stream: chunks put together by their indexes, as the SDKs do it. Helps itself to nothing of the product. */

export interface ToldCall {
  id: string;
  type: string;
  name: string;
  payload: string;
}

interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly { readonly delta: Delta; readonly finish_reason: string | null }[];
  readonly usage?: unknown;
}

interface CalledDelta {
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
}

interface Delta {
  readonly role?: string;
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly reasoning_content?: string;
  readonly annotations?: readonly unknown[];
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly type?: string;
    readonly function?: CalledDelta;
    readonly custom?: CalledDelta;
  }[];
  readonly function_call?: CalledDelta;
}

export interface ToldChat {
  readonly chunks: readonly Chunk[];
  readonly roles: readonly string[];
  content: string;
  refusal: string;
  reasoning: string;
  readonly annotations: unknown[];
  readonly calls: ToldCall[];
  readonly legacy: { name: string; arguments: string };
  readonly reasons: readonly string[];
  /** Usage of every chunk that is not null. */
  readonly usages: readonly unknown[];
  readonly error: Record<string, unknown> | null;
  readonly isDone: boolean;
}

/** The `data:` lines of a stream's text. */
export function dataOf(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => line.slice("data: ".length));
}

function takeCall(told: ToldChat, call: NonNullable<Delta["tool_calls"]>[number]): void {
  const known = told.calls[call.index];
  const open = known ?? { id: "", type: "", name: "", payload: "" };
  if (known === undefined) {
    if (call.index !== told.calls.length) throw new Error(`call ${call.index} begins before the ones in front of it`);
    told.calls.push(open);
  }
  const called = call.function ?? call.custom ?? {};
  open.id += call.id ?? "";
  open.type += call.type ?? "";
  open.name += called.name ?? "";
  open.payload += called.arguments ?? called.input ?? "";
}

function takeDelta(told: ToldChat, delta: Delta): void {
  told.content += delta.content ?? "";
  told.refusal += delta.refusal ?? "";
  told.reasoning += delta.reasoning_content ?? "";
  told.annotations.push(...(delta.annotations ?? []));
  for (const call of delta.tool_calls ?? []) takeCall(told, call);
  told.legacy.name += delta.function_call?.name ?? "";
  told.legacy.arguments += delta.function_call?.arguments ?? "";
}

/** Puts the data of a chat stream together. Throws where a client would. */
export function readChat(data: readonly string[]): ToldChat {
  const isDone = data.at(-1) === "[DONE]";
  const objects = (isDone ? data.slice(0, -1) : data).map((text) => JSON.parse(text) as Record<string, unknown>);
  const error = objects.find((object) => "error" in object)?.["error"] ?? null;
  const chunks = objects.filter((object) => !("error" in object)) as unknown as Chunk[];
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const told: ToldChat = {
    chunks,
    roles: choices.map(({ delta }) => delta.role).filter((role) => role !== undefined),
    content: "",
    refusal: "",
    reasoning: "",
    annotations: [],
    calls: [],
    legacy: { name: "", arguments: "" },
    reasons: choices.map((choice) => choice.finish_reason).filter((reason) => reason !== null),
    usages: chunks.map((chunk) => chunk.usage ?? null).filter((usage) => usage !== null),
    error: error as Record<string, unknown> | null,
    isDone,
  };
  for (const { delta } of choices) takeDelta(told, delta);
  return told;
}
