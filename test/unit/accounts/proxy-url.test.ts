import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { maskProxyUrl, readProxyUrl } from "../../../src/accounts/proxy-url.ts";

describe("readProxyUrl()", () => {
  const good: readonly (readonly [given: string, proxyUrl: string, hasPassword: boolean])[] = [
    ["http://proxy.example:8080", "http://proxy.example:8080", false],
    ["https://proxy.example/", "https://proxy.example", false],
    [" HTTP://Proxy.Example:3128 ", "http://proxy.example:3128", false],
    ["http://user:pa%40ss@proxy.example:1", "http://user:pa%40ss@proxy.example:1", true],
    ["http://user@proxy.example:1", "http://user@proxy.example:1", true],
    ["http://[::1]:8080", "http://[::1]:8080", false],
  ];
  for (const [given, proxyUrl, hasPassword] of good) {
    test(`takes ${given}`, () => {
      expect(readProxyUrl(given)).toEqual({ kind: "ok", proxyUrl, hasPassword });
    });
  }

  const bad = [
    "",
    "none",
    "proxy.example:8080",
    "socks5://proxy.example:1080",
    "ftp://proxy.example",
    "http://",
    "http://proxy.example/path",
    "http://proxy.example/?x=canary",
    "http://user:canary@proxy.example:99999",
  ];
  for (const given of bad) {
    test(`refuses ${given || "nothing"} without repeating it`, () => {
      const read = readProxyUrl(given);
      expect(read.kind).toBe("refused");
      expect(JSON.stringify(read)).not.toContain("canary");
    });
  }
});

describe("maskProxyUrl()", () => {
  test("shows where, never who", () => {
    expect(maskProxyUrl("http://user:canary@proxy.example:8080")).toBe("http://***@proxy.example:8080");
    expect(maskProxyUrl("https://proxy.example")).toBe("https://proxy.example");
    expect(maskProxyUrl("unreadable://proxy")).toBe("unreadable");
  });

  test("shows no part of any user name or password", () => {
    const secret = fc.stringMatching(/^[a-z0-9]{8,12}$/);
    fc.assert(
      fc.property(secret, secret, (user, password) => {
        const shown = maskProxyUrl(`http://${user}:${password}@proxy.example:8080`);
        expect(shown.includes(user) || shown.includes(password)).toBe(false);
      }),
    );
  });
});
