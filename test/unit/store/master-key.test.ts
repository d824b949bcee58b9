import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readMasterKey } from "../../../src/store/master-key.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { useTempHome } from "../../support/temp-home.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index * 8 + 1);
const HEX = Buffer.from(KEY).toString("hex");

describe("readMasterKey()", () => {
  test("makes one on first use, for the owner alone, and gives the same again", () => {
    const home = useTempHome();
    const key = readMasterKey(home, {});
    expect(key).toHaveLength(32);
    expect(statSync(join(home, "master.key")).mode & 0o777).toBe(0o600);
    expect(readMasterKey(home, {})).toEqual(key);
    expect(readdirSync(home)).toEqual(["master.key"]);
    expect(readMasterKey(useTempHome(), {})).not.toEqual(key);
  });

  const formats: [name: string, content: string | Uint8Array][] = [
    ["32 raw bytes", KEY],
    ["hexadecimal", HEX],
    ["hexadecimal in capitals with a line end", `${HEX.toUpperCase()}\r\n`],
    ["Base64", Buffer.from(KEY).toString("base64")],
    ["Base64 with a line end", `${Buffer.from(KEY).toString("base64")}\n`],
    ["Base64 for URLs, unpadded", Buffer.from(KEY).toString("base64url")],
  ];
  for (const [name, content] of formats) {
    test(`reads ${name} from the file and from the service manager`, () => {
      const home = useTempHome();
      writeFileSync(join(home, "master.key"), content, { mode: 0o600 });
      expect(readMasterKey(home, {})).toEqual(KEY);
      expect(readMasterKey(useTempHome(), { CREDENTIALS_DIRECTORY: credentialsFolder(home, content) })).toEqual(KEY);
    });
  }

  test("prefers the service manager's key and then writes no file", () => {
    const home = useTempHome();
    const folder = credentialsFolder(useTempHome(), HEX);
    expect(readMasterKey(home, { CREDENTIALS_DIRECTORY: folder })).toEqual(KEY);
    expect(readdirSync(home)).toEqual([]);
  });

  test("falls back to the file when the service manager has no such credential", () => {
    const home = useTempHome();
    writeFileSync(join(home, "master.key"), HEX, { mode: 0o600 });
    expect(readMasterKey(home, { CREDENTIALS_DIRECTORY: useTempHome() })).toEqual(KEY);
    expect(readMasterKey(home, { CREDENTIALS_DIRECTORY: "" })).toEqual(KEY);
  });

  const wrong: [name: string, content: string | Uint8Array][] = [
    ["an empty file", ""],
    ["31 bytes", KEY.subarray(0, 31)],
    ["a cut hexadecimal key", HEX.slice(0, 40)],
    ["a sentence", "this is my key, please be nice to it"],
  ];
  for (const [name, content] of wrong) {
    test(`refuses ${name} without replacing it or showing it`, () => {
      const home = useTempHome();
      const path = join(home, "master.key");
      writeFileSync(path, content, { mode: 0o600 });
      const error = errorOf(() => readMasterKey(home, {}));
      expect(error.kind).toBe("bad-key");
      expect(error.message).not.toContain("please be nice");
      expect(Uint8Array.from(readFileSync(path))).toEqual(Uint8Array.from(Buffer.from(content)));
    });
  }

  test("does not make another key when the service manager's cannot be used", () => {
    const home = useTempHome();
    const folder = credentialsFolder(useTempHome(), "");
    expect(errorOf(() => readMasterKey(home, { CREDENTIALS_DIRECTORY: folder })).kind).toBe("bad-key");
    rmSync(join(folder, "master-key"));
    mkdirSync(join(folder, "master-key"));
    expect(errorOf(() => readMasterKey(home, { CREDENTIALS_DIRECTORY: folder })).kind).toBe("unreadable");
    expect(readdirSync(home)).toEqual([]);
  });

  test("takes the rights of others from a file that they may read", () => {
    const home = useTempHome();
    const path = join(home, "master.key");
    writeFileSync(path, HEX);
    chmodSync(path, 0o644);
    expect(readMasterKey(home, {})).toEqual(KEY);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("says so when the home is missing", () => {
    expect(errorOf(() => readMasterKey(join(useTempHome(), "none"), {})).kind).toBe("unreadable");
  });
});

function credentialsFolder(base: string, content: string | Uint8Array): string {
  const folder = join(base, "credentials");
  mkdirSync(folder);
  writeFileSync(join(folder, "master-key"), content);
  return folder;
}

function errorOf(call: () => unknown): StoreError {
  try {
    call();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
