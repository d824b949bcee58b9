/** A strict reader of the plain XML that we write: elements, attributes and text. Throws at whatever is not well-formed. */

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Text right inside of it, entities resolved. */
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const TOKEN =
  /<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<\/([\w.:-]+)\s*>|<([\w.:-]+)((?:\s+[\w.:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

function resolveEntities(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const mark = whole.endsWith(";") ? ENTITIES[name] : undefined;
    if (mark === undefined) throw new Error(`no such entity: ${whole}`);
    return mark;
  });
}

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** One piece of the text, put where it belongs. */
function take(stack: Open[], [, closed, opened, , alone, text]: RegExpExecArray): void {
  const top = stack.at(-1);
  if (top === undefined) throw new Error("nothing is open");
  if (text !== undefined) top.text += resolveEntities(text);
  if (closed !== undefined) {
    if (stack.length < 2 || top.name !== closed) throw new Error(`</${closed}> closes <${top.name}>`);
    stack.pop();
  }
  if (opened === undefined) return;
  const element: Open = { name: opened, children: [], text: "" };
  top.children.push(element);
  if (alone === "") stack.push(element);
}

/** The root element. */
export function parseXml(source: string): XmlElement {
  const stack: Open[] = [{ name: "", children: [], text: "" }];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new Error(`not well-formed at ${at}: ${source.slice(at, at + 30)}`);
    take(stack, match);
  }
  const [root] = stack;
  const [only] = root?.children ?? [];
  if (stack.length !== 1 || only === undefined || root?.children.length !== 1) throw new Error("not one root element");
  return only;
}
