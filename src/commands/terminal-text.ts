/** How does text look on a terminal? Widths, colours, and nothing in a name that could steer the terminal. Pure. */

const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof STYLES;
/** Colours a text, or leaves it as it is where colours are off. */
export type Paint = (style: Style, text: string) => string;

/** Text from elsewhere (names, e-mails, models) made safe to print: no escape sequences, no line breaks, no bidi tricks. */
export function plainText(text: string): string {
  return text.replace(CONTROL, "");
}

/** What JSON itself leaves as it is, but some terminals obey: C1 controls, formats, line and paragraph separators. */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A document for programs, safe to be looked at on a terminal too: the same values, what would steer it written out. */
export function documentText(document: unknown): string {
  const text = JSON.stringify(document, null, 2);
  return `${text.replace(STEERING, (found) => (found === "\n" ? found : escapeUnits(found)))}\n`;
}

function escapeUnits(text: string): string {
  const units = text.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  return units.map((unit) => `\\u${unit}`).join("");
}

export function paintWith(colours: boolean): Paint {
  return (style, text) => {
    if (!colours || text === "") return text;
    const [on, off] = STYLES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/** Columns a text takes up; escape sequences take none, wide characters two. */
export function widthOf(text: string): number {
  return Bun.stringWidth(text);
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Shortened to `width` columns, with an ellipsis where something was left out. Only for text without colours. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Broken at spaces into lines of at most `width` columns; a longer word keeps a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
