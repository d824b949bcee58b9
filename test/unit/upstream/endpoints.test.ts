import { describe, expect, test } from "bun:test";
import { DEFAULT_ENDPOINTS, readEndpoints } from "../../../src/upstream/endpoints.ts";

const VARIABLES = ["CODEXUSE_CHATGPT_URL", "CODEXUSE_AUTH_URL", "CODEXUSE_OPENAI_URL", "CODEXUSE_TELEGRAM_URL"];

const REFUSED = [
  "http://api.openai.com/v1",
  "http://127.0.0.1.evil.example/v1",
  "http://localhost.evil.example",
  "http://0.0.0.0:8080",
  "http://192.168.1.2/v1",
  "http://[::ffff:127.0.0.1]/v1",
  "ftp://127.0.0.1/v1",
  "https://user:password@api.openai.com/v1",
  "https://api.openai.com/v1?key=x",
  "https://api.openai.com/v1#x",
  "api.openai.com",
];

describe("readEndpoints()", () => {
  test("knows upstream by heart", () => {
    expect(readEndpoints({})).toEqual({ kind: "ok", endpoints: DEFAULT_ENDPOINTS });
    expect(Object.values(DEFAULT_ENDPOINTS).every((url) => url.startsWith("https://"))).toBe(true);
  });

  test("refuses every base that would carry credentials in clear or to nobody knows where", () => {
    for (const variable of VARIABLES) {
      for (const value of REFUSED) {
        expect(readEndpoints({ [variable]: value })).toMatchObject({ kind: "refused", variable });
      }
    }
  });

  test("takes https, and this machine without it", () => {
    for (const value of [
      "https://gateway.example/v1/",
      "http://127.0.0.1:1/x",
      "http://[::1]:1",
      "http://localhost:9",
    ]) {
      const read = readEndpoints({ CODEXUSE_OPENAI_URL: value });
      expect(read).toMatchObject({ kind: "ok", endpoints: { openaiUrl: value.replace(/\/$/, "") } });
    }
  });
});
