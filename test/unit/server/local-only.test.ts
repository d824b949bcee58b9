import { describe, expect, test } from "bun:test";
import { refuseForeign } from "../../../src/server/local-only.ts";

function isLetIn(host: string): boolean {
  return refuseForeign(new Headers({ host })) === null;
}

describe("refuseForeign()", () => {
  test("knows this machine by its names, with any port that there can be", () => {
    const names = ["127.0.0.1", "localhost", "LocalHost", "[::1]"];
    const ports = "0 7 80 00080 9999 60000 64999 65000 65499 65500 65529 65530 65535".split(" ");
    const hosts = names.flatMap((name) => [name, ...ports.map((port) => `${name}:${port}`)]);
    expect(hosts.filter((host) => !isLetIn(host))).toEqual([]);
  });

  test("a port that there cannot be is no name of this machine", () => {
    const ports = ["", "65536", "65540", "65600", "66000", "70000", "99999", "000080", "8O", "-1"];
    expect(ports.filter((port) => isLetIn(`127.0.0.1:${port}`))).toEqual([]);
  });
});
