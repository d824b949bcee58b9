/**
 * Where do the parts of a JSON text stand? Lets a member be replaced or dropped while every other byte stays as the
 * client wrote it: number spellings, key order and white space included. Means what it says for text that `JSON.parse`
 * accepts; for any other text it still ends, without a throw, and what it finds is of no use.
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
    if (!isSpace(text.charCodeAt(at))) break;
    at += 1;
  }
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The index behind the closing quote of the string that opens at `from`. */
export function skipString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The index behind the value that starts at `from`; nesting costs no stack. */
function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return skipString(text, from);
  return first === OPEN_OBJECT || first === OPEN_LIST ? skipNested(text, from) : skipPlain(text, from);
}

function skipPlain(text: string, from: number): number {
  let at = from;
  while (at < text.length && !endsPlain(text.charCodeAt(at))) at += 1;
  return at;
}

function endsPlain(code: number): boolean {
  return code === COMMA || code === CLOSE_LIST || code === CLOSE_OBJECT || isSpace(code);
}

/** Character by character between strings: a pattern would make an object for each bracket. */
function skipNested(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = skipString(text, at) - 1;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        depth += 1;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
    }
  }
  return text.length;
}

/** The key whose text stands between `start` and `end`, quotes included; null when it is no whole string. */
function keyOf(text: string, start: number, end: number): string | null {
  if (end - start < 2 || text.charCodeAt(end - 1) !== QUOTE) return null;
  const inside = text.slice(start + 1, end - 1);
  if (!inside.includes("\\")) return inside;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return null;
  }
}

/** Members of the object that starts at or after `from`, in order, repeated keys included; empty for other values. */
export function scanObject(text: string, from = 0): Member[] {
  const members: Member[] = [];
  walkMembers(text, from, (keyStart, keyEnd, valueStart, valueEnd) => {
    const key = keyOf(text, keyStart, keyEnd);
    if (key === null) return false;
    members.push({ key, keyStart, valueStart, valueEnd });
    return true;
  });
  return members;
}

/** The same member as `findMember` of all; none of the others is made. */
export function memberOf(text: string, key: string, from = 0): Member | null {
  return seekMember(text, key, from).member;
}

/** With the index behind the object; -1 when it did not come to its end. */
function seekMember(text: string, key: string, from: number): { readonly member: Member | null; readonly end: number } {
  let member: Member | null = null;
  const end = walkMembers(text, from, (keyStart, keyEnd, valueStart, valueEnd) => {
    const isIt = isKey(text, key, keyStart, keyEnd);
    if (isIt === true) member = { key, keyStart, valueStart, valueEnd };
    return isIt !== null;
  });
  return { member, end };
}

/** An object inside another, and one member of it. */
export interface Inner {
  readonly span: Span;
  readonly member: Member | null;
}

/**
 * The object that is the member `name` of this one, with what `memberOf` finds in it under `key`; null where there is no such
 * object. Both are walked over in one go.
 */
export function innerOf(text: string, name: string, key: string): Inner | null {
  let inner: Inner | null = null;
  const enter = (keyStart: number, keyEnd: number, start: number): number => {
    const isIt = isKey(text, name, keyStart, keyEnd);
    if (isIt === null) return start;
    if (isIt) inner = null;
    if (!isIt || text.charCodeAt(start) !== OPEN_OBJECT) return skipValue(text, start);
    const { member, end: walkedTo } = seekMember(text, key, start);
    const end = walkedTo === -1 ? skipNested(text, start) : walkedTo;
    inner = { span: { start, end }, member };
    return end;
  };
  walkMembers(text, 0, () => true, enter);
  return inner;
}

/** Whether that is the key whose text stands between `start` and `end`; null when it is no whole string. */
function isKey(text: string, key: string, start: number, end: number): boolean | null {
  for (let at = start + 1; at < end - 1; at += 1) {
    if (text.charCodeAt(at) !== BACKSLASH) continue;
    const name = keyOf(text, start, end);
    return name === null ? null : name === key;
  }
  if (end - start < 2 || text.charCodeAt(end - 1) !== QUOTE) return null;
  return end - start === key.length + 2 && text.startsWith(key, start + 1);
}

type Visit = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => boolean;

/** Finds the index behind a member's value; its beginning where the walk is to end. */
type Enter = (keyStart: number, keyEnd: number, valueStart: number) => number;

/**
 * Ends at what is no member any more, or where `visit` says so. Answers the index behind the object; -1 when it did not
 * come to its end.
 */
function walkMembers(text: string, from: number, visit: Visit, enter: Enter | null = null): number {
  let at = skipSpace(text, from);
  if (text.charCodeAt(at) !== OPEN_OBJECT) return -1;
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = skipString(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = enter === null ? skipValue(text, valueStart) : enter(at, keyEnd, valueStart);
    if (valueEnd === valueStart || !visit(at, keyEnd, valueStart, valueEnd)) return -1;
    at = skipSpace(text, valueEnd);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return text.charCodeAt(at) === CLOSE_OBJECT ? at + 1 : -1;
}

/** Elements of the array that starts at or after `from`; empty for other values. */
export function scanArray(text: string, from = 0): Span[] {
  const spans: Span[] = [];
  let at = skipSpace(text, from);
  if (text.charAt(at) !== "[") return spans;
  at = skipSpace(text, at + 1);
  while (at < text.length && text.charAt(at) !== "]") {
    const end = skipValue(text, at);
    if (end === at) break;
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
  const [first] = edits;
  if (first === undefined) return text;
  if (edits.length === 1) return text.slice(0, first.start) + first.text + text.slice(first.end);
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  let result = "";
  let at = 0;
  for (const edit of ordered) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** A member or an element with the text it gets; null leaves it out. */
interface Part extends Span {
  readonly text: string | null;
}

/** Puts the inside of the object or array at `open` together anew. White space stays where both its neighbours do. */
function rewriteParts(text: string, open: number, parts: readonly Part[], added: readonly string[]): string {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) {
    return text.slice(0, open + 1) + added.join(",") + text.slice(open + 1);
  }
  let inside = "";
  for (const [index, part] of parts.entries()) {
    if (part.text === null) continue;
    const before = parts[index - 1];
    if (before !== undefined && before.text !== null) inside += text.slice(before.end, part.start);
    else if (inside !== "") inside += ",";
    inside += part.text;
  }
  const whole = inside === "" ? added : [inside, ...added];
  return text.slice(0, first.start) + whole.join(",") + text.slice(last.end);
}

/**
 * Rewrites an object's members: a string replaces the value, null drops the member, an absent key is added at the end.
 * Repeated keys are reduced to the last one when they are touched. A text without an object at `from` stays as it is.
 */
export function editMembers(text: string, changes: Readonly<Record<string, string | null>>, from = 0): string {
  const open = skipSpace(text, from);
  if (text.charAt(open) !== "{") return text;
  const members = scanObject(text, open);
  const added: string[] = [];
  const edits: Edit[] = [];
  for (const [key, change] of Object.entries(changes)) {
    const member = findMember(members, key);
    if (member === null) {
      if (change !== null) added.push(`${JSON.stringify(key)}:${change}`);
      continue;
    }
    const isOnly = members.find((entry) => entry.key === key) === member;
    if (change === null || !isOnly) return rewriteMembers(text, open, members, changes);
    edits.push({ start: member.valueStart, end: member.valueEnd, text: change });
  }
  const last = members.at(-1);
  if (last === undefined) return rewriteParts(text, open, [], added);
  if (added.length > 0) edits.push({ start: last.valueEnd, end: last.valueEnd, text: `,${added.join(",")}` });
  return applyEdits(text, edits);
}

/** The same where members go. */
function rewriteMembers(
  text: string,
  open: number,
  members: readonly Member[],
  changes: Readonly<Record<string, string | null>>,
): string {
  const lasts = new Map(members.map((member) => [member.key, member]));
  const parts = members.map((member): Part => {
    const [start, end] = [member.keyStart, member.valueEnd];
    const change = Object.hasOwn(changes, member.key) ? changes[member.key] : undefined;
    if (change === undefined) return { start, end, text: text.slice(start, end) };
    if (change === null || lasts.get(member.key) !== member) return { start, end, text: null };
    return { start, end, text: text.slice(start, member.valueStart) + change };
  });
  const added = Object.entries(changes)
    .filter(([key, value]) => value !== null && !lasts.has(key))
    .map(([key, value]) => `${JSON.stringify(key)}:${value}`);
  return rewriteParts(text, open, parts, added);
}

/** Keeps, replaces or drops array elements: `change` answers the element's new text, or null to drop it. */
export function editElements(
  text: string,
  change: (element: string, index: number) => string | null,
  from = 0,
): string {
  const open = skipSpace(text, from);
  if (text.charAt(open) !== "[") return text;
  const parts = scanArray(text, open).map(
    ({ start, end }, index): Part => ({ start, end, text: change(text.slice(start, end), index) }),
  );
  return rewriteParts(text, open, parts, []);
}
