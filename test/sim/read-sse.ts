/** The events in a client's bytes, read without any help of the product's own parser. */

export interface ReadEvent {
  readonly type: string;
  /** The JSON text. */
  readonly text: string;
}

/** Events that carry data, in order. A last one without its blank line counts as cut off and is left out. */
export function readSse(text: string): ReadEvent[] {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n").slice(0, -1);
  return blocks.flatMap((block) => {
    const data = block
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trimStart())
      .join("\n");
    return data === "" ? [] : [{ type: typeOf(data), text: data }];
  });
}

/** The object a text holds; an empty one for anything else. */
export function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function typeOf(data: string): string {
  const { type } = readObject(data);
  return typeof type === "string" ? type : "";
}
