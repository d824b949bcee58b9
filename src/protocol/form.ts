/** What does a multipart form say? Reads its short texts, and changes one of them; files keep their bytes. Pure. */

export interface Form {
  readonly bytes: Uint8Array;
  /** With the boundary. */
  readonly contentType: string;
}

interface Part {
  readonly head: string;
  /** Where its content stands. */
  readonly start: number;
  readonly end: number;
}

const BLANK = "\r\n\r\n";
/** Heads are short; what is longer is no form of ours to read. */
const HEAD_BYTES_MAX = 8_192;

function boundaryOf(contentType: string): string | null {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  return boundary?.[1] ?? boundary?.[2] ?? null;
}

/** The parts in order; empty for a body that is no form. */
function partsOf({ bytes, contentType }: Form): Part[] {
  const boundary = boundaryOf(contentType);
  if (boundary === null) return [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Part[] = [];
  const mark = `--${boundary}`;
  let open = buffer.indexOf(mark);
  while (open !== -1) {
    const next = buffer.indexOf(`\r\n${mark}`, open + mark.length);
    const blank = buffer.indexOf(BLANK, open + mark.length);
    if (next === -1 || blank === -1 || blank > next || blank - open > HEAD_BYTES_MAX) break;
    const head = buffer.toString("utf8", open + mark.length, blank);
    parts.push({ head, start: blank + BLANK.length, end: next });
    open = next + 2;
  }
  return parts;
}

function nameOf({ head }: Part): string | null {
  const disposition = /^content-disposition:[^\r\n]*/im.exec(head)?.[0] ?? "";
  if (/;\s*filename\*?=/i.test(disposition)) return null;
  const name = /;\s*name=(?:"([^"]*)"|([^;\s]+))/i.exec(disposition);
  return name?.[1] ?? name?.[2] ?? null;
}

function findField(form: Form, name: string): Part | null {
  return partsOf(form).find((part) => nameOf(part) === name) ?? null;
}

/** The text of a field; null when there is none of that name, or when it is a file. */
export function fieldOf(form: Form, name: string): string | null {
  const part = findField(form, name);
  return part === null ? null : new TextDecoder().decode(form.bytes.subarray(part.start, part.end));
}

/** The form with another text in that field; the very same where it has none, or this one. */
export function withField(form: Form, name: string, value: string): Form {
  const part = findField(form, name);
  if (part === null || fieldOf(form, name) === value) return form;
  const { bytes, contentType } = form;
  const text = new TextEncoder().encode(value);
  return { bytes: Buffer.concat([bytes.subarray(0, part.start), text, bytes.subarray(part.end)]), contentType };
}
