import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureHome, resolveHome } from "../../../src/store/home.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { useTempHome } from "../../support/temp-home.ts";

describe("resolveHome()", () => {
  const rows: { env: Record<string, string>; expected: string; why: string }[] = [
    { env: {}, expected: "/home/me/.codexuse", why: "nothing is set" },
    { env: { CODEXUSE_HOME: "/a" }, expected: "/a", why: "the product's own variable" },
    { env: { CODEXUSE_HOME: "/a", STATE_DIRECTORY: "/b" }, expected: "/a", why: "the own variable wins" },
    { env: { STATE_DIRECTORY: "/b" }, expected: "/b", why: "set by the service manager" },
    { env: { STATE_DIRECTORY: "/b:/c" }, expected: "/b", why: "the first of several state folders" },
    { env: { STATE_DIRECTORY: ":/c" }, expected: "/c", why: "an empty entry is none" },
    { env: { CODEXUSE_HOME: "", STATE_DIRECTORY: "" }, expected: "/home/me/.codexuse", why: "empty is unset" },
    { env: { CODEXUSE_HOME: "~/x" }, expected: "/home/me/x", why: "service files do not expand ~" },
    { env: { CODEXUSE_HOME: "~" }, expected: "/home/me", why: "~ alone" },
    { env: { CODEXUSE_HOME: "/a/../b/" }, expected: "/b", why: "a clean absolute path" },
    { env: { CODEXUSE_HOME: "rel" }, expected: join(process.cwd(), "rel"), why: "a daemon runs elsewhere" },
  ];
  for (const { env, expected, why } of rows) {
    test(`${JSON.stringify(env)} → ${expected}: ${why}`, () => expect(resolveHome(env, "/home/me")).toBe(expected));
  }
});

describe("ensureHome()", () => {
  test("makes the folder and its parents for the owner alone", () => {
    const home = join(useTempHome(), "deep", "home");
    ensureHome(home);
    expect(modeOf(home)).toBe(0o700);
    ensureHome(home);
  });

  test("takes the rights of group and others from a folder that is there", () => {
    const home = useTempHome();
    chmodSync(home, 0o755);
    ensureHome(home);
    expect(modeOf(home)).toBe(0o700);
  });

  test("accepts a link to a folder of one's own", () => {
    const base = useTempHome();
    mkdirSync(join(base, "real"), { mode: 0o755 });
    symlinkSync(join(base, "real"), join(base, "link"));
    ensureHome(join(base, "link"));
    expect(modeOf(join(base, "real"))).toBe(0o700);
  });

  test("says that a file is not a folder and leaves it", () => {
    const file = join(useTempHome(), "home");
    writeFileSync(file, "mine");
    expect(badHomeOf(file)).toContain("is a file, not a folder");
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test("says that a folder cannot be made below a file", () => {
    const file = join(useTempHome(), "file");
    writeFileSync(file, "");
    expect(badHomeOf(join(file, "home"))).toContain("cannot be made");
  });

  test("says that a link leads nowhere", () => {
    const link = join(useTempHome(), "link");
    symlinkSync("/nonexistent/for/sure", link);
    expect(badHomeOf(link)).toContain("cannot be made");
    expect(existsSync(link)).toBe(false);
  });

  test("refuses a folder of somebody else", () => {
    expect(badHomeOf(foreignFolder(useTempHome()))).toContain("belongs to somebody else");
  });

  test("says that a folder is not writable", () => {
    expect(badHomeOf(unwritableFolder(useTempHome()))).toContain("is not writable");
  });

  test("never takes rights from a place that everybody shares", () => {
    const shared = useTempHome();
    chmodSync(shared, 0o1777);
    expect(badHomeOf(shared)).toContain("shared by the whole machine");
    expect(badHomeOf("/")).toContain("shared by the whole machine");
    expect(modeOf(shared) & 0o777).toBe(0o777);
  });
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

function badHomeOf(path: string): string {
  try {
    ensureHome(path);
  } catch (error) {
    if (error instanceof StoreError && error.kind === "bad-home") return error.message;
    throw error;
  }
  throw new Error("the folder was accepted");
}

function foreignFolder(base: string): string {
  if (process.getuid?.() !== 0) return "/usr";
  const folder = join(base, "foreign");
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, 12_345, 12_345);
  return folder;
}

/** Nothing is unwritable for root but what the kernel itself refuses. */
function unwritableFolder(base: string): string {
  if (process.getuid?.() === 0) return "/proc/self";
  const folder = join(base, "unwritable");
  mkdirSync(folder, { mode: 0o500 });
  return folder;
}
