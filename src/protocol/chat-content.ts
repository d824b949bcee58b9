/** What does a chat message say? Its content, text or parts, as the content parts of a Responses item. Pure. */
import { type Mapped, mapEach, mapped, refused, refusedType, refusedValue } from "./mapped.ts";
import { isObject } from "./wire-event.ts";

export type Part = Readonly<Record<string, unknown>>;

const INPUT_PART_TYPES = ["text", "image_url", "file"] as const;
const ANSWER_PART_TYPES = ["text", "refusal"] as const;
/** A hint of the public API that may stand in any part. */
const CACHE_BREAKPOINT = "prompt_cache_breakpoint";

/** What somebody else than the model said: text, images and files. */
export function toInputParts(content: unknown, place: string): Mapped<Part[]> {
  if (typeof content === "string") return mapped([{ type: "input_text", text: content }]);
  if (!Array.isArray(content)) return refusedType(place, "a string or an array of content parts");
  return mapEach(content, (part, index) => toInputPart(part, `${place}[${index}]`));
}

/** What the model said before: text and refusals. Nothing said gives no part. */
export function toAnswerParts(content: unknown, place: string): Mapped<Part[]> {
  if (content === undefined || content === null || content === "") return mapped([]);
  if (typeof content === "string") return mapped([{ type: "output_text", text: content }]);
  if (!Array.isArray(content)) return refusedType(place, "a string or an array of content parts");
  return mapEach(content, (part, index) => toAnswerPart(part, `${place}[${index}]`));
}

function toInputPart(part: unknown, place: string): Mapped<Part> {
  if (!isObject(part)) return refusedType(place, "an object");
  const made = toBareInputPart(part, place);
  const hint = part[CACHE_BREAKPOINT];
  if (made.kind === "refused" || hint === undefined || hint === null) return made;
  return mapped({ ...made.value, [CACHE_BREAKPOINT]: hint });
}

function toBareInputPart(part: Part, place: string): Mapped<Part> {
  switch (part["type"]) {
    case "text":
      return typeof part["text"] === "string"
        ? mapped({ type: "input_text", text: part["text"] })
        : refusedType(`${place}.text`, "a string");
    case "image_url":
      return toImage(part["image_url"], `${place}.image_url`);
    case "file":
      return toFile(part["file"], `${place}.file`);
    case "input_audio":
      return refused("unsupported_content", "Audio is not supported by this pool.", `${place}.input_audio`);
    default:
      return refusedValue(`${place}.type`, INPUT_PART_TYPES);
  }
}

/** A web address or a data URL; some clients leave out the object around it. */
function toImage(image: unknown, place: string): Mapped<Part> {
  if (typeof image === "string") return mapped({ type: "input_image", image_url: image, detail: "auto" });
  if (!isObject(image)) return refusedType(place, "an object");
  const { url, detail } = image;
  if (typeof url !== "string") return refusedType(`${place}.url`, "a string");
  return mapped({ type: "input_image", image_url: url, detail: detail ?? "auto" });
}

/** Files travel inline. One that was uploaded belongs to a single account, and any account may serve. */
function toFile(file: unknown, place: string): Mapped<Part> {
  if (!isObject(file)) return refusedType(place, "an object");
  const { file_data: data, filename, file_id: id } = file;
  if (typeof id === "string") {
    const message = "Uploaded files belong to a single account and cannot be used through a pool. Send 'file_data'.";
    return refused("unsupported_content", message, `${place}.file_id`);
  }
  if (typeof data !== "string") return refusedType(`${place}.file_data`, "a string");
  return mapped({ type: "input_file", ...(typeof filename === "string" ? { filename } : {}), file_data: data });
}

function toAnswerPart(part: unknown, place: string): Mapped<Part> {
  if (!isObject(part)) return refusedType(place, "an object");
  const { type, text, refusal } = part;
  if (type === "text" && typeof text === "string") return mapped({ type: "output_text", text });
  if (type === "refusal" && typeof refusal === "string") return mapped({ type: "refusal", refusal });
  if (type === "text" || type === "refusal") return refusedType(`${place}.${type}`, "a string");
  return refusedValue(`${place}.type`, ANSWER_PART_TYPES);
}
