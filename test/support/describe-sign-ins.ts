/** What has to hold of signing in, whichever way the program was started: from source, or as the one compiled file. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import { expectExit, jsonOf } from "./run-process.ts";
import { approve, type Program, type RunningProgram } from "./sign-in-program.ts";
import { isListening } from "./sign-in-world.ts";

type Open = (options?: SimulatorOptions) => Promise<Program>;

async function profileNamed(program: Program, name: string): Promise<Record<string, unknown> | null> {
  const { profiles } = await program.json(["profile", "list"]);
  return (profiles as Record<string, unknown>[]).find((profile) => profile["name"] === name) ?? null;
}

async function anAnna(open: Open, options: SimulatorOptions = {}) {
  const program = await open({ device: { intervalSeconds: 1, pendingPolls: 0 }, ...options });
  return { program, anna: program.sim.addChatgptAccount({ name: "anna" }) };
}

/** Lets the browser go the whole way. */
async function signIn(running: RunningProgram): Promise<Response> {
  return await fetch(await running.address());
}

/** The ways to sign in, and how each of them ends. */
export function describeSignIns(open: Open): void {
  describe("profile add", () => {
    test("with a browser: success page, profile, free port, nothing of the token said", async () => {
      const { program, anna } = await anAnna(open);
      const running = program.start("profile", "add", "work");
      const page = await signIn(running);
      expect([page.status, new URL(page.url).pathname]).toEqual([200, "/success"]);
      expect([await running.exited, running.said()]).toEqual([0, expect.stringContaining("profiles add work")]);
      expect(running.printed()).toContain("Profile work: none → saved");
      expect(await profileNamed(program, "work")).toMatchObject({ email: anna.email, ownership: "owned" });
      expect(await isListening(page.url)).toBe(false);
      expect(running.said() + running.printed()).not.toContain(anna.currentRefreshTokens()[0] ?? "rt.");
    });

    test("with --json: the address to stderr, one document to stdout", async () => {
      const { program } = await anAnna(open);
      const running = program.start("profile", "add", "work", "--json");
      await (await signIn(running)).body?.cancel();
      expect(await running.exited).toBe(0);
      expect(JSON.parse(running.printed())).toMatchObject({ profile: { outcome: "added", name: "work" } });
    });

    test("with a pasted address, after a wrong one", async () => {
      const { program } = await anAnna(open);
      const running = program.start("profile", "add", "work", "--no-open");
      const back = await approve(await running.address());
      running.type("what do you want?");
      running.type(back);
      expect(await running.exited).toBe(0);
      expect(running.said()).toContain("warning: That is not the address");
      expect(await profileNamed(program, "work")).not.toBeNull();
    });

    test("with --device: a code, polls, a profile", async () => {
      const { program, anna } = await anAnna(open, { device: { intervalSeconds: 1, pendingPolls: 1 } });
      const run = expectExit(await program.run(["profile", "add", "work", "--device"]), 0);
      expect(run.stderr).toMatch(/codex\/device and type this code/);
      expect(run.stderr).toMatch(/^[0-9A-F]{4}-[0-9A-F]{5}$/m);
      expect(program.sim.callsTo("device-token")).toHaveLength(2);
      expect(await profileNamed(program, "work")).toMatchObject({ email: anna.email });
    });

    test("with a key or a token: from stdin and a file in silence, from the command line with a warning", async () => {
      const { program, anna } = await anAnna(open);
      const key = program.sim.addApiKeyAccount({ name: "platform" }).apiKey;
      const token = String(anna.personalAuthJson()["personal_access_token"]);
      const file = join(program.place, "key");
      writeFileSync(file, `${key}\n`);
      const runs = [
        await program.run(["profile", "add", "one", "--api-key=-"], `${key}\n`),
        await program.run(["profile", "add", "two", `--api-key=file:${file}`]),
        await program.run(["profile", "add", "three", "--access-token=-"], `\n${token}\n`),
      ];
      for (const run of runs) expect(expectExit(run, 0).stderr).not.toContain("warning");
      const open_ = expectExit(await program.run(["profile", "add", "four", `--access-token=${token}`]), 0);
      expect(open_.stderr).toContain("warning: Every user of this machine can read a command line");
      const said = [...runs, open_].map((run) => run.stdout + run.stderr).join("");
      for (const secret of [key, token]) expect(said).not.toContain(secret);
      expect(await profileNamed(program, "three")).toMatchObject({ email: anna.email, kind: "chatgpt" });
      expect(await profileNamed(program, "two")).toMatchObject({ kind: "api-key", duplicate_of: "one" });
    });

    const mistakes: readonly (readonly [given: string, words: string[], stdin: string, exitCode: number])[] = [
      ["a name that is taken", ["taken"], "", 6],
      ["a name that is none", ["-x"], "", 2],
      ["a name that is a path", ["a/b"], "", 2],
      ["two ways at once", ["work", "--device", "--api-key=-"], "sk-12345678", 2],
      ["no key on stdin", ["work", "--api-key=-"], "", 2],
      ["a key of several words", ["work", "--api-key=-"], "no key at all", 2],
      ["a token for a key", ["work", "--api-key=-"], "at-12345678", 2],
      ["a key for a token", ["work", "--access-token=-"], "sk-12345678", 2],
      ["a token that upstream does not know", ["work", "--access-token=-"], "at-unknown-12345", 4],
      ["a file that is not there", ["work", "--api-key=file:/nowhere/key"], "", 5],
      ["a wait that is none", ["work", "--timeout=soon"], "", 2],
      ["a proxy of another kind", ["work", "--proxy=socks5://127.0.0.1:1"], "", 2],
    ];
    test("refuses what cannot work before anybody is sent anywhere", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "taken", "--api-key=-"], "sk-taken-1234");
      for (const [given, words, stdin, exitCode] of mistakes) {
        const run = await program.run(["profile", "add", ...words], stdin);
        expect([given, run.exitCode, run.stdout]).toEqual([given, exitCode, ""]);
        expect(run.stderr).toStartWith("error: ");
      }
      expect(program.sim.callsTo("authorize")).toEqual([]);
      expect((await program.json(["profile", "list"]))["profiles"]).toHaveLength(1);
    });

    test("given up with Ctrl-C ends with 2, by the clock with 1; nothing is saved and the port is free", async () => {
      const { program } = await anAnna(open, { device: { pendingPolls: 1_000 } });
      for (const way of [[], ["--device"]]) {
        const running = program.start("profile", "add", "work", "--timeout=600", ...way);
        const address = way.length === 0 ? await approve(await running.address()) : null;
        if (address === null) await untilSaid(running, "type this code");
        running.signal("SIGINT");
        expect([await running.exited, running.said()]).toEqual([2, expect.stringContaining("was cancelled")]);
        if (address !== null) expect(await isListening(address)).toBe(false);
        const late = await program.run(["profile", "add", "work", "--timeout=0.2", "--json", ...way]);
        expect(jsonOf(expectExit(late, 1))).toMatchObject({ error: { message: "Nobody signed in within the time." } });
      }
      expect(await program.json(["profile", "list"])).toEqual({ profiles: [] });
    });
  });

  describe("profile refresh", () => {
    test("signs in again in place: the same profile, another sign-in", async () => {
      const { program, anna } = await anAnna(open);
      await program.json(["profile", "add", "work", "--device"]);
      await program.json(["account-pool", "profiles", "add", "work"]);
      await program.json(["profile", "reserve", "work", "20"]);
      const before = await profileNamed(program, "work");
      const tokens = anna.currentRefreshTokens();
      const running = program.start("profile", "refresh", "work");
      await (await signIn(running)).body?.cancel();
      expect(await running.exited).toBe(0);
      expect(running.printed()).toContain("Profile work: saved → renewed");
      expect(await profileNamed(program, "work")).toEqual(before);
      expect(anna.currentRefreshTokens()).toHaveLength(tokens.length + 1);
    });

    test("refuses another account with a clear word, at the terminal and in the browser", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "work", "--device"]);
      program.sim.addChatgptAccount({ name: "bert" });
      program.sim.settings.signInAs = "bert";
      const running = program.start("profile", "refresh", "work");
      const page = await signIn(running);
      expect([page.status, (await page.text()).includes("another account")]).toEqual([400, true]);
      expect([await running.exited, running.said()]).toEqual([6, expect.stringContaining("another account")]);
    });

    test("replaces a key by a key, and says what a profile cannot take", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "platform", "--api-key=-"], "sk-first-1234");
      await program.json(["profile", "refresh", "platform", "--api-key=-"], "sk-second-1234");
      const browser = await program.run(["profile", "refresh", "platform"]);
      expect([browser.exitCode, browser.stderr]).toEqual([2, expect.stringContaining("--api-key=-")]);
      const nobody = await program.run(["profile", "refresh", "nobody"]);
      expect(nobody.exitCode).toBe(5);
      const exported = await program.run(["profile", "export", "platform"]);
      expect(JSON.parse(exported.stdout)).toEqual({ auth_mode: "apikey", OPENAI_API_KEY: "sk-second-1234" });
    });
  });
}

/** What is done with a sign-in once it is saved. */
export function describeSavedSignIns(open: Open): void {
  describe("profile export", () => {
    test("makes a private file once, warns of two owners, and what it made can be imported", async () => {
      const { program, anna } = await anAnna(open);
      await program.json(["profile", "add", "work", "--device"]);
      const path = join(program.place, "auth.json");
      const run = expectExit(await program.run(["profile", "export", "work", `--to=${path}`]), 0);
      expect(run.stderr).toContain("warning: The sign-in has two owners now");
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const written = readFileSync(path, "utf8");
      expect(written).toContain(anna.currentRefreshTokens()[0] ?? "no token");
      expect(run.stdout + run.stderr).not.toContain(anna.currentRefreshTokens()[0] ?? "rt.");
      expect((await program.run(["profile", "export", "work", `--to=${path}`])).exitCode).toBe(6);
      expect(readFileSync(path, "utf8")).toBe(written);
      expect((await program.run(["profile", "export", "work", `--to=${program.place}/no/file`])).exitCode).toBe(1);
      expect(await program.json(["profile", "import", path])).toMatchObject({
        profiles: [{ outcome: "unchanged", name: "work" }],
      });
      await program.json(["profile", "link", path, "--name=linked"]);
      expect((await program.run(["profile", "export", "linked"])).exitCode).toBe(2);
    });
  });

  describe("profile remove", () => {
    test("makes no call unless asked to revoke; then the sign-in is over for its copies too", async () => {
      const { program, anna } = await anAnna(open);
      for (const name of ["kept", "gone"]) await program.json(["profile", "add", name, "--device"]);
      await program.json(["profile", "remove", "kept", "--yes"]);
      expect(program.sim.callsTo("revoke")).toEqual([]);
      expect(anna.currentRefreshTokens()).toHaveLength(2);

      const path = join(program.place, "auth.json");
      await program.json(["profile", "export", "gone", `--to=${path}`]);
      await program.json(["profile", "import", path, "--name=copy"]);
      const removed = await program.json(["profile", "remove", "gone", "--revoke", "--yes"]);
      expect(removed).toMatchObject({ revoked: true, also_signed_out: ["copy"] });
      expect(anna.currentRefreshTokens()).toHaveLength(1);
      expect(await profileNamed(program, "copy")).toMatchObject({ state: "needs-sign-in" });
    });

    test("keeps a profile whose revocation upstream has not confirmed, and says what cannot be revoked", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "work", "--device"]);
      await program.json(["profile", "add", "key", "--api-key=-"], "sk-only-12345");
      program.sim.script.fail("server-error", { endpoint: "revoke" });
      const failed = await program.run(["profile", "remove", "work", "--revoke", "--yes"]);
      expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("Nothing was removed")]);
      expect(await profileNamed(program, "work")).toMatchObject({ state: "unknown" });
      expect((await program.run(["profile", "remove", "key", "--revoke", "--yes"])).exitCode).toBe(2);
      expect(await program.json(["profile", "remove", "work", "--revoke", "--yes"])).toMatchObject({ revoked: true });
    });
  });

  describe("profile rekey", () => {
    test("changes the key under everything, and a lost key says what to do", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "work", "--device"]);
      const key = readFileSync(join(program.home, "master.key"), "utf8");
      expect(await program.json(["profile", "rekey"])).toMatchObject({ sign_ins: 1, after: { key_in: "file" } });
      expect(readFileSync(join(program.home, "master.key"), "utf8")).not.toBe(key);
      expect(existsSync(join(program.home, "master.key.next"))).toBe(false);
      expectExit(await program.run(["profile", "export", "work"]), 0);

      writeFileSync(join(program.home, "master.key"), key);
      const locked = await program.run(["profile", "export", "work"]);
      expect([locked.exitCode, locked.stderr]).toEqual([1, expect.stringContaining("another master key")]);
      expect(locked.stderr).toContain("codexuse profile refresh");
      expect(await profileNamed(program, "work")).toMatchObject({
        state: "needs-sign-in",
        state_reason: "key-missing",
      });
      await program.json(["profile", "refresh", "work", "--device"]);
      expectExit(await program.run(["profile", "export", "work"]), 0);
    });

    test("stays in its file where there is no keyring", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "key", "--api-key=-"], "sk-only-12345");
      const key = readFileSync(join(program.home, "master.key"), "utf8");
      const run = await program.run(["profile", "rekey", "--key-in=keyring"]);
      expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining("keyring cannot keep the key")]);
      expect(readFileSync(join(program.home, "master.key"), "utf8")).toBe(key);
      expectExit(await program.run(["profile", "export", "key"]), 0);
    });
  });

  describe("profile proxy", () => {
    test("is shown without its password, and none is none", async () => {
      const { program } = await anAnna(open);
      await program.json(["profile", "add", "key", "--api-key=-"], "sk-only-12345");
      const proxy = "http://owner:canary-9f2e@127.0.0.1:9";
      const set = expectExit(await program.run(["profile", "proxy", "key", "-"], `${proxy}\n`), 0);
      expect(set.stdout).toContain("none → http://***@127.0.0.1:9");
      const warned = expectExit(await program.run(["profile", "proxy", "key", proxy]), 0);
      expect(warned.stderr).toContain("warning: Every user of this machine");
      const listed = expectExit(await program.run(["profile", "list", "--json"]), 0);
      expect(listed.stdout).toContain("http://***@127.0.0.1:9");
      const said = [set, warned, listed].map((run) => run.stdout + run.stderr).join("");
      expect(said).not.toContain("canary");
      expect(await program.json(["profile", "proxy", "key", "none"])).toMatchObject({ after: { proxy: null } });
      expect((await program.run(["profile", "proxy", "key", "nonsense"])).exitCode).toBe(2);
    });
  });
}

async function untilSaid(running: RunningProgram, words: string): Promise<void> {
  for (let looks = 0; looks < 2_000 && !running.said().includes(words); looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(running.said()).toContain(words);
}
