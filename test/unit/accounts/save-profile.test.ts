/** From files on disk to profiles. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importAuthFile, importAuthFolder, linkAuthFile } from "../../../src/accounts/save-profile.ts";
import type { SaveResult } from "../../../src/accounts/save-result.ts";
import { anAccountsWorld, aSignal, DAY_MS } from "../../support/accounts-world.ts";
import { useTempHome } from "../../support/temp-home.ts";

function aDesk() {
  const world = anAccountsWorld();
  const { files: _files, ...desk } = world.desk;
  const home = useTempHome();
  const write = (name: string, content: unknown): string => {
    const path = join(home, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
    return path;
  };
  const anna = world.sim.addChatgptAccount({ name: "anna", email: "anna.lee@example.test" });
  return { ...world, desk, home, write, anna };
}

function codes(result: SaveResult): string[] {
  return result.kind === "refused" ? [result.code] : result.notes.map((note) => note.code);
}

function nameOf(result: SaveResult): string {
  if (result.kind === "refused") throw new Error(result.reason);
  return result.profile.name;
}

describe("importAuthFile()", () => {
  test("makes a profile of a login, not selected, named after its e-mail, and leaves the file as it is", async () => {
    const { desk, write, anna, tokens, settings } = aDesk();
    const path = write("auth.json", anna.authJson());
    const before = readFileSync(path, "utf8");
    const result = await importAuthFile(desk, { path, name: null });
    expect(result).toMatchObject({
      kind: "added",
      duplicateOf: null,
      profile: { name: "anna.lee", kind: "chatgpt", ownership: "owned", selected: false, plan: "plus" },
    });
    expect(codes(result)).toEqual(["now-ours"]);
    expect(readFileSync(path, "utf8")).toBe(before);
    expect((await tokens.lease(settings.profiles()[0]?.id ?? "", aSignal())).kind).toBe("leased");
  });

  test("asks upstream whose personal access token it is", async () => {
    const { desk, write, anna, sim } = aDesk();
    const login = await importAuthFile(desk, { path: write("a.json", anna.authJson()), name: "login" });
    const path = write("b.json", anna.personalAuthJson());
    const result = await importAuthFile(desk, { path, name: "token" });
    expect(result).toMatchObject({ kind: "added", duplicateOf: "login", profile: { userId: anna.userId } });
    expect(
      login.kind === "added" && result.kind === "added" && login.profile.accountKey === result.profile.accountKey,
    ).toBe(true);
    anna.script.fail("unauthorized", { endpoint: "whoami" });
    expect(codes(await importAuthFile(desk, { path, name: "again" }))).toEqual(["token-refused"]);
    sim.script.fail("server-error", { endpoint: "whoami" });
    expect(codes(await importAuthFile(desk, { path, name: "again" }))).toEqual(["identity-unknown"]);
  });

  test("names an API key after its file", async () => {
    const { desk, write, sim } = aDesk();
    const key = sim.addApiKeyAccount({ name: "key" });
    const result = await importAuthFile(desk, { path: write("platform.json", key.authJson()), name: null });
    expect(result).toMatchObject({ kind: "added", profile: { name: "platform", kind: "api-key", email: null } });
  });

  for (const name of ["", "-flag", "a b", "a/b", "a\u0000b", "x".repeat(65)]) {
    test(`refuses the name ${JSON.stringify(name).slice(0, 12)}`, async () => {
      const { desk, write, anna, settings } = aDesk();
      expect(codes(await importAuthFile(desk, { path: write("auth.json", anna.authJson()), name }))).toEqual([
        "name-invalid",
      ]);
      expect(settings.profiles()).toEqual([]);
    });
  }

  test("refuses the name of another account's profile, in any case", async () => {
    const { desk, write, anna, sim, settings } = aDesk();
    await importAuthFile(desk, { path: write("a.json", anna.authJson()), name: "Work" });
    const ben = sim.addChatgptAccount({ name: "ben" });
    const result = await importAuthFile(desk, { path: write("b.json", ben.authJson()), name: "work" });
    expect(codes(result)).toEqual(["name-taken"]);
    expect(settings.profiles()).toHaveLength(1);
  });
});

describe("an account that is saved already", () => {
  test("a newer login renews the profile, also one that needed a sign-in", async () => {
    const { desk, write, anna, clock, settings, tokens } = aDesk();
    const first = await importAuthFile(desk, { path: write("a.json", anna.authJson()), name: null });
    const id = first.kind === "added" ? first.profile.id : "";
    settings.updateProfile(id, { selected: true, reservePercent: 20 });
    tokens.condemn(id, "session-ended");
    await clock.advance(DAY_MS);
    const again = await importAuthFile(desk, { path: write("a.json", anna.authJson()), name: null });
    expect(again).toMatchObject({ kind: "updated", duplicateOf: null });
    expect(settings.profiles()).toHaveLength(1);
    expect(settings.profiles()[0]).toMatchObject({ id, selected: true, reservePercent: 20, signIn: { state: "ok" } });
    expect((await tokens.lease(id, aSignal())).kind).toBe("leased");
  });

  test("the same file again changes nothing", async () => {
    const { desk, write, anna, settings } = aDesk();
    const path = write("a.json", anna.authJson());
    await importAuthFile(desk, { path, name: null });
    const again = await importAuthFile(desk, { path, name: null });
    expect(again.kind).toBe("unchanged");
    expect(codes(again)).toEqual(["already-saved"]);
    expect(settings.credential(settings.profiles()[0]?.id ?? "")?.generation).toBe(1);
  });

  test("an older copy never replaces the newer pair (trap 23)", async () => {
    const { desk, write, anna, clock, settings, tokens } = aDesk();
    const path = write("a.json", anna.authJson());
    await importAuthFile(desk, { path, name: null });
    const id = settings.profiles()[0]?.id ?? "";
    await clock.advance(DAY_MS);
    await clock.runUntil(tokens.refresh(id, true));
    const again = await importAuthFile(desk, { path, name: null });
    expect(again.kind).toBe("unchanged");
    expect(codes(again)).toEqual(["older-than-saved"]);
    expect(settings.credential(id)?.generation).toBe(2);
  });

  test("a name of its own makes a second profile, which says whom it doubles", async () => {
    const { desk, write, anna, sim } = aDesk();
    const path = write("a.json", anna.authJson());
    await importAuthFile(desk, { path, name: "one" });
    const copy = await importAuthFile(desk, { path, name: "two" });
    expect(copy).toMatchObject({ kind: "added", duplicateOf: "one" });
    expect(codes(copy)).toEqual(["shares-login", "now-ours"]);
    const other = await importAuthFile(desk, { path: write("b.json", anna.authJson()), name: "three" });
    expect(codes(other)).toEqual(["same-account", "same-account", "now-ours"]);
    const seat = sim.addChatgptAccount({ name: "seat", accountId: anna.accountId });
    const colleague = await importAuthFile(desk, { path: write("c.json", seat.authJson()), name: "four" });
    expect(colleague).toMatchObject({ kind: "added", duplicateOf: null });
    expect(codes(colleague)).toEqual(["same-workspace", "same-workspace", "same-workspace", "now-ours"]);
  });

  test("a made-up name that is taken gets a number", async () => {
    const { desk, write, sim } = aDesk();
    const names: string[] = [];
    for (const index of [1, 2, 3]) {
      const account = sim.addChatgptAccount({ name: `n${index}`, email: `sam@${index}.test` });
      names.push(nameOf(await importAuthFile(desk, { path: write(`${index}.json`, account.authJson()), name: null })));
    }
    expect(names).toEqual(["sam", "sam-2", "sam-3"]);
  });
});

describe("what stands at the path", () => {
  test("nothing, a dead link, a pipe, a folder, a loop: each has its own answer", async () => {
    const { desk, home } = aDesk();
    symlinkSync(join(home, "nowhere"), join(home, "dead"));
    symlinkSync(join(home, "loop"), join(home, "loop"));
    spawnSync("mkfifo", [join(home, "pipe")]);
    const answers: Record<string, string[]> = {};
    for (const name of ["missing", "dead", "pipe", ".", "loop", "missing/auth.json"]) {
      answers[name] = codes(await importAuthFile(desk, { path: join(home, name), name: null }));
    }
    expect(answers).toEqual({
      missing: ["not-found"],
      dead: ["not-found"],
      pipe: ["not-a-file"],
      ".": ["not-a-file"],
      loop: ["unreadable"],
      "missing/auth.json": ["not-found"],
    });
  });

  test("a link to the real file is followed, as Codex does", async () => {
    const { desk, home, write, anna } = aDesk();
    symlinkSync(write("real.json", anna.authJson()), join(home, "auth.json"));
    expect((await importAuthFile(desk, { path: join(home, "auth.json"), name: null })).kind).toBe("added");
  });

  test("a file that others may read is taken, and said (trap 48)", async () => {
    const { desk, write, anna } = aDesk();
    const path = write("auth.json", anna.authJson());
    chmodSync(path, 0o644);
    expect(codes(await importAuthFile(desk, { path, name: null }))).toContain("readable-by-others");
  });

  test("a huge file is not read", async () => {
    const { desk, write } = aDesk();
    const path = write("auth.json", "x".repeat(1024 * 1024 + 1));
    expect(codes(await importAuthFile(desk, { path, name: null }))).toEqual(["too-large"]);
  });
});

describe("importAuthFolder()", () => {
  test("takes a file, a Codex home, or every sign-in of a folder, each with its own result", async () => {
    const { desk, home, write, anna, sim } = aDesk();
    const ben = sim.addChatgptAccount({ name: "ben" });
    const cora = sim.addChatgptAccount({ name: "cora" });
    write("many/anna.json", anna.authJson());
    write("many/notes.json", { hello: 1 });
    write("many/readme.txt", "x");
    write("many/ben/auth.json", ben.authJson());
    write("home/auth.json", cora.authJson());
    write("home/models_cache.json", {});
    const shown = async (path: string) =>
      (await importAuthFolder(desk, { path, name: null })).map(({ path: file, result }) => [
        file.slice(home.length + 1),
        result.kind === "refused" ? result.code : result.profile.name,
      ]);
    expect(await shown(join(home, "many"))).toEqual([
      ["many/anna.json", "anna.lee"],
      ["many/ben/auth.json", "ben"],
      ["many/notes.json", "not-a-login"],
    ]);
    expect(await shown(join(home, "home"))).toEqual([["home/auth.json", "cora"]]);
    expect(await shown(join(home, "many", "anna.json"))).toEqual([["many/anna.json", "anna.lee"]]);
  });

  test("refuses one name for many, an empty folder and nothing at all", async () => {
    const { desk, home, write, anna } = aDesk();
    write("many/a.json", anna.authJson());
    write("many/b.json", anna.authJson());
    mkdirSync(join(home, "empty"));
    const code = async (path: string, name: string | null) =>
      (await importAuthFolder(desk, { path: join(home, path), name })).map(({ result }) => codes(result)[0]);
    expect(await code("many", "one")).toEqual(["name-invalid"]);
    expect(await code("empty", null)).toEqual(["empty-folder"]);
    expect(await code("missing", null)).toEqual(["not-found"]);
  });
});

describe("linkAuthFile()", () => {
  test("links a file or a Codex home once, beside an owned profile of the same account", async () => {
    const { desk, home, write, anna, settings } = aDesk();
    const path = write("codex/auth.json", anna.authJson());
    const linked = await linkAuthFile(desk, { path: join(home, "codex"), name: null });
    expect(linked).toMatchObject({ kind: "added", profile: { ownership: "linked", linkPath: path } });
    expect(codes(linked)).toEqual([]);
    expect((await linkAuthFile(desk, { path, name: null })).kind).toBe("unchanged");
    const owned = await importAuthFile(desk, { path, name: null });
    expect(owned).toMatchObject({ kind: "added", duplicateOf: "anna.lee", profile: { name: "anna.lee-2" } });
    expect(codes(owned)).toEqual(["shares-login", "now-ours"]);
    expect(settings.profiles()).toHaveLength(2);
  });

  test("refuses a folder that is no Codex home", async () => {
    const { desk, home, write, anna } = aDesk();
    write("many/a.json", anna.authJson());
    write("many/b.json", anna.authJson());
    expect(codes(await linkAuthFile(desk, { path: join(home, "many"), name: null }))).toEqual(["empty-folder"]);
    expect(codes(await linkAuthFile(desk, { path: join(home, "none"), name: null }))).toEqual(["not-found"]);
  });
});
