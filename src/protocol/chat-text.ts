/**
 * Where does the next piece of a text go? A chat has one place for what upstream tells in several parts of several
 * items; remembers which parts have been told, so that one that is repeated whole is not told again. Pure but for that.
 */

/** Between texts that upstream keeps apart and a chat has one place for. */
export const PARAGRAPH = "\n\n";

/** What begins a new paragraph: the text of another item, or any other part. */
export type ParagraphRule = "item" | "part" | "none";

export class ChatText {
  readonly #rule: ParagraphRule;
  readonly #begins = new Map<string, number>();
  #paragraph: string | null = null;
  #chars = 0;

  constructor(rule: ParagraphRule) {
    this.#rule = rule;
  }

  get isEmpty(): boolean {
    return this.#chars === 0;
  }

  /** Where in the whole text this part begins; 0 for one that has not been told. */
  beginOf(place: string, part: string): number {
    return this.#begins.get(`${place} ${part}`) ?? 0;
  }

  /** A piece of the part, as it is to be told; empty when there is nothing to tell. */
  addPiece(place: string, part: string, text: string): string {
    if (text === "") return "";
    const key = `${place} ${part}`;
    const paragraph = this.#paragraphOf(place, key);
    const gap = this.#paragraph === null || this.#paragraph === paragraph ? "" : PARAGRAPH;
    if (!this.#begins.has(key)) this.#begins.set(key, this.#chars + gap.length);
    this.#paragraph = paragraph;
    this.#chars += gap.length + text.length;
    return gap + text;
  }

  /** The same for a part that is given whole: empty when pieces of it have been told. */
  addWhole(place: string, part: string, text: string): string {
    return this.#begins.has(`${place} ${part}`) ? "" : this.addPiece(place, part, text);
  }

  #paragraphOf(place: string, key: string): string {
    switch (this.#rule) {
      case "item":
        return place;
      case "part":
        return key;
      case "none":
        return "";
    }
  }
}
