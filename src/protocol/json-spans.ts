/**
 * Where do the parts of a JSON text stand? Lets a member be replaced or dropped while every other byte stays as the
 * client wrote it: number spellings, key order and white space included. Works on text that `JSON.parse` has accepted.
 */

export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at += 1;
  }
  return at;
}

/** The index behind the closing quote of the string that opens at `from`. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

const STRUCTURE = /["[\]{}]/g;

/** The index behind the value that starts at `from`; nesting costs no stack. */
function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === 0x22) return skipString(text, from);
  if (first !== 0x7b && first !== 0x5b) {
    let at = from;
    while (at < text.length && !",]} \n\r\t".includes(text.charAt(at))) at += 1;
    return at;
  }
  let depth = 0;
  STRUCTURE.lastIndex = from;
  for (let hit = STRUCTURE.exec(text); hit !== null; hit = STRUCTURE.exec(text)) {
    const code = text.charCodeAt(hit.index);
    if (code === 0x22) STRUCTURE.lastIndex = skipString(text, hit.index);
    else depth += code === 0x7b || code === 0x5b ? 1 : -1;
    if (depth === 0) return hit.index + 1;
  }
  return text.length;
}

/** Members of the object that starts at or after `from`, in order, repeated keys included; empty for other values. */
export function scanObject(text: string, from = 0): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, from);
  if (text.charAt(at) !== "{") return members;
  at = skipSpace(text, at + 1);
  while (at < text.length && text.charAt(at) !== "}") {
    const keyEnd = skipString(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)) as string, keyStart: at, valueStart, valueEnd });
    at = skipSpace(text, valueEnd);
    if (text.charAt(at) === ",") at = skipSpace(text, at + 1);
  }
  return members;
}

/** Elements of the array that starts at or after `from`; empty for other values. */
export function scanArray(text: string, from = 0): Span[] {
  const spans: Span[] = [];
  let at = skipSpace(text, from);
  if (text.charAt(at) !== "[") return spans;
  at = skipSpace(text, at + 1);
  while (at < text.length && text.charAt(at) !== "]") {
    const end = skipValue(text, at);
    spans.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charAt(at) === ",") at = skipSpace(text, at + 1);
  }
  return spans;
}

/** The last member of that name, which is the one `JSON.parse` keeps. */
export function findMember(members: readonly Member[], key: string): Member | null {
  return members.findLast((member) => member.key === key) ?? null;
}

/** Applies edits that do not overlap, in any order. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  let result = "";
  let at = 0;
  for (const edit of ordered) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/**
 * Rewrites an object's members: a string replaces the value, null drops the member, an absent key is added at the end.
 * Repeated keys are reduced to the last one when they are touched.
 */
export function editMembers(text: string, changes: Readonly<Record<string, string | null>>, from = 0): string {
  const members = scanObject(text, from);
  const open = skipSpace(text, from);
  const end = skipValue(text, open);
  const kept: string[] = [];
  for (const member of members) {
    const change = changes[member.key];
    if (change === undefined) kept.push(text.slice(member.keyStart, member.valueEnd));
    else if (change !== null && member === findMember(members, member.key)) {
      kept.push(text.slice(member.keyStart, member.valueStart) + change);
    }
  }
  for (const [key, value] of Object.entries(changes)) {
    if (value !== null && findMember(members, key) === null) kept.push(`${JSON.stringify(key)}:${value}`);
  }
  return `${text.slice(0, open)}{${kept.join(",")}}${text.slice(end)}`;
}

/** Keeps, replaces or drops array elements: `change` answers the element's new text, or null to drop it. */
export function editElements(
  text: string,
  change: (element: string, index: number) => string | null,
  from = 0,
): string {
  const open = skipSpace(text, from);
  const end = skipValue(text, open);
  const kept = scanArray(text, from)
    .map((span, index) => change(text.slice(span.start, span.end), index))
    .filter((element) => element !== null);
  return `${text.slice(0, open)}[${kept.join(",")}]${text.slice(end)}`;
}
