import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSecret } from "../../../src/commands/secret-argument.ts";
import { OperationError } from "../../../src/operations/operation.ts";
import { aCommandIo } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";

const WANTED = { flag: "--api-key=", what: "API key" };
const SECRET = "sk-canary-1";

async function reasonOf(reading: Promise<string>): Promise<string> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof OperationError) return error.reason;
    throw error;
  }
}

describe("readSecret()", () => {
  test("takes the first line that says something from stdin, and asks for it on a terminal only", async () => {
    const piped = aCommandIo({ stdin: `\n  ${SECRET}  \nmore\n` });
    expect(await readSecret(piped, "-", WANTED)).toBe(SECRET);
    expect(piped.err).toEqual([]);
    const typed = aCommandIo({ stdin: `${SECRET}\n`, terminal: { columns: 80, colours: false } });
    expect(await readSecret(typed, "-", WANTED)).toBe(SECRET);
    expect(typed.err).toEqual(["info: Paste the API key and press Enter:\n"]);
  });

  test("takes a file's content", async () => {
    const path = join(useTempHome(), "key");
    writeFileSync(path, `${SECRET}\n`);
    const io = aCommandIo();
    expect(await readSecret(io, `file:${path}`, WANTED)).toBe(SECRET);
    expect(io.err).toEqual([]);
  });

  test("warns of a command line without repeating what is on it, and only where there is a secret", async () => {
    const io = aCommandIo();
    expect(await readSecret(io, SECRET, WANTED)).toBe(SECRET);
    expect(io.err.join("")).toContain("Use --api-key=- or --api-key=file:<path>.");
    expect(io.err.join("")).not.toContain("canary");
    const harmless = aCommandIo();
    await readSecret(harmless, "http://proxy.example", { ...WANTED, isSecret: () => false });
    expect(harmless.err).toEqual([]);
  });

  test("says what is missing", async () => {
    expect(await reasonOf(readSecret(aCommandIo({ stdin: "\n \n" }), "-", WANTED))).toBe("usage");
    expect(await reasonOf(readSecret(aCommandIo(), "file:/nowhere/at/all", WANTED))).toBe("not-found");
    expect(await reasonOf(readSecret(aCommandIo(), "file:/", WANTED))).toBe("failed");
  });
});
