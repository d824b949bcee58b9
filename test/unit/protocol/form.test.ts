/** Forms: what short texts they have, and one of them changed while files keep their bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Form, fieldOf, withField } from "../../../src/protocol/form.ts";

async function aForm(fields: Readonly<Record<string, string | Blob>>): Promise<Form> {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  const response = new Response(data);
  const contentType = response.headers.get("content-type") ?? "";
  return { bytes: await response.bytes(), contentType };
}

async function readBack({ bytes, contentType }: Form): Promise<FormData> {
  return (await new Response(new Uint8Array(bytes), {
    headers: { "content-type": contentType },
  }).formData()) as FormData;
}

const IMAGE = new Blob([Uint8Array.from({ length: 600 }, (_, index) => index % 256), '\r\n--name="model"\r\n\r\nx'], {
  type: "image/png",
});

describe("fieldOf()", () => {
  test("gives the text of a field, and nothing of files", async () => {
    const form = await aForm({ prompt: "Grüße 🎉\r\nzwei", image: IMAGE, model: "gpt-image-2", empty: "" });
    expect(fieldOf(form, "prompt")).toBe("Grüße 🎉\r\nzwei");
    expect(fieldOf(form, "model")).toBe("gpt-image-2");
    expect(fieldOf(form, "empty")).toBe("");
    for (const name of ["image", "other", "filename"]) expect(fieldOf(form, name)).toBeNull();
  });

  test.each([
    ["no boundary", "multipart/form-data", "--x\r\n\r\n"],
    ["a boundary that is not there", "multipart/form-data; boundary=x", "nothing"],
    [
      "a form that is cut in a head",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="model"',
    ],
    [
      "a form that is cut in a text",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="model"\r\n\r\ngpt',
    ],
  ])("finds nothing in %s", (_, contentType, text) => {
    const form = { bytes: new TextEncoder().encode(text), contentType };
    expect(fieldOf(form, "model")).toBeNull();
    expect(withField(form, "model", "x")).toBe(form);
  });

  test("takes the spellings that senders use", () => {
    const text = "--x\r\nContent-Disposition: form-data; name=model\r\nX-Other: 1\r\n\r\ngpt\r\n--x--\r\n";
    const form = {
      bytes: new TextEncoder().encode(text),
      contentType: 'multipart/form-data; charset=utf-8; boundary="x"',
    };
    expect(fieldOf(form, "model")).toBe("gpt");
  });
});

describe("withField()", () => {
  test("changes that text and no other byte", async () => {
    const form = await aForm({ image: IMAGE, model: "mine", prompt: "a hat" });
    const changed = await readBack(withField(form, "model", "gpt-image-2"));
    expect([changed.get("model"), changed.get("prompt")]).toEqual(["gpt-image-2", "a hat"]);
    expect(await (changed.get("image") as Blob).bytes()).toEqual(await IMAGE.bytes());
    expect(withField(form, "model", "mine")).toBe(form);
  });

  test("holds for any texts and bytes", () => {
    return fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.uint8Array({ maxLength: 200 }), async (before, after, file) => {
        const form = await aForm({ model: before, image: new Blob([new Uint8Array(file)]), prompt: before });
        expect(fieldOf(form, "model")).toBe(fieldOf(form, "prompt"));
        const changed = withField(form, "model", after);
        expect(fieldOf(changed, "model")).toBe(after);
        expect(fieldOf(changed, "prompt")).toBe(fieldOf(form, "prompt"));
        expect(await ((await readBack(changed)).get("image") as Blob).bytes()).toEqual(new Uint8Array(file));
      }),
      { numRuns: 60 },
    );
  });
});
