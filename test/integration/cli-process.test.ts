import { describe, expect, onTestFinished, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareEnvironment, runProcess } from "../support/run-process.ts";
import { useTempHome } from "../support/temp-home.ts";

const ROOT = join(import.meta.dir, "..", "..");
const MAIN = join(ROOT, "src", "main.ts");

function aFolder() {
  const folder = useTempHome();
  const env = bareEnvironment(folder, { CODEXUSE_HOME: join(folder, "home") });
  return {
    folder,
    env,
    run: (...words: string[]) => runProcess([process.execPath, MAIN, ...words], { cwd: folder, env }),
  };
}

describe("the program", () => {
  test("touches no file for help, version and mistakes", async () => {
    const { folder, run } = aFolder();
    for (const words of [
      ["--help"],
      ["--version"],
      ["daemon", "start", "--prot=1"],
      ["account-pool", "status", "--help"],
    ]) {
      const { stdout, stderr } = await run(...words);
      expect(stdout + stderr).not.toBe("");
    }
    expect([...new Bun.Glob("**").scanSync({ cwd: folder, onlyFiles: false })]).toEqual([]);
  });

  test("writes no colours into a pipe, whatever the terminal's name", async () => {
    const { folder, env } = aFolder();
    for (const line of ["--help", "daemon strat", "account-pool status"]) {
      const { NO_COLOR: _, ...coloured } = env;
      const run = await runProcess([process.execPath, MAIN, ...line.split(" ")], {
        cwd: folder,
        env: { ...coloured, TERM: "xterm-256color" },
      });
      expect(run.stdout + run.stderr).not.toContain("\u001b");
    }
  });

  test("refuses a base URL that would carry credentials in clear", async () => {
    const { folder, env } = aFolder();
    const run = await runProcess([process.execPath, MAIN, "account-pool", "status"], {
      cwd: folder,
      env: { ...env, CODEXUSE_AUTH_URL: "http://auth.example.test" },
    });
    expect([run.exitCode, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toContain("CODEXUSE_AUTH_URL");
  });

  test("says in plain words that the home folder is not usable", async () => {
    const { folder, env } = aFolder();
    writeFileSync(join(folder, "file"), "");
    const run = await runProcess([process.execPath, MAIN, "account-pool", "enable", "--json"], {
      cwd: folder,
      env: { ...env, CODEXUSE_HOME: join(folder, "file") },
    });
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout).error).toMatchObject({
      code: "failed",
      hint: expect.stringContaining("CODEXUSE_HOME"),
    });
    expect(run.stderr).toBe("");
  });

  test("loses nothing of a large answer in a slow pipe", async () => {
    const { folder, env, run } = aFolder();
    mkdirSync(join(folder, "home"), { mode: 0o700 });
    const lines = Array.from({ length: 40_000 }, (_, index) => `${index} ${"x".repeat(100)}`);
    writeFileSync(join(folder, "home", "daemon.log"), `${lines.join("\n")}\n`, { mode: 0o600 });
    const { stdout } = await run("daemon", "logs", "-n", "40000", "--json");
    expect(JSON.parse(stdout).lines).toEqual(lines);

    const child = Bun.spawn(["sh", "-c", '"$0" "$1" daemon logs -n 40000 | head -n 1', process.execPath, MAIN], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => child.kill());
    expect(await new Response(child.stdout).text()).toBe(`${lines[0]}\n`);
    expect(await new Response(child.stderr).text()).toBe("");
  });

  test("says in plain words that nobody takes its output", async () => {
    const { folder, env } = aFolder();
    for (const flag of ["", "--json"]) {
      const words = ["sh", "-c", `"$0" "$1" account-pool routing ${flag} > /dev/full`, process.execPath, MAIN];
      const { exitCode, stderr } = await runProcess(words, { cwd: folder, env });
      expect([exitCode, stderr]).toEqual([1, "error: The output could not be written (ENOSPC).\n"]);
    }
  });

  test("asks nothing and does nothing destructive without a terminal", async () => {
    const { run } = aFolder();
    const { exitCode, stdout, stderr } = await run("profile", "remove", "work");
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--yes");
  });

  test("shows the demo from beginning to end, on loopback alone", async () => {
    const { folder, run } = aFolder();
    const { exitCode, stdout, stderr } = await run("demo", "--once", "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { ok, scenes } = JSON.parse(stdout);
    expect([ok, scenes.map((scene: { status: number }) => scene.status)]).toEqual([true, [200, 200, 200, 200, 400]]);
    // Anna and Ben are alike; chance decides between them.
    const why = scenes.map((scene: { why: { profile: string; words: string }[] }) =>
      scene.why.map(({ profile, words }) => `${profile.replace(/^(anna|ben)$/, "another")}: ${words}`),
    );
    expect(why).toEqual([
      ["carla: served: it had the most room of all accounts that could serve"],
      ["carla: served: the session lives there, so its prompt cache is warm"],
      [
        "carla: its usage limit was reached (usage_limit_reached)",
        "another: served: it had the most room of all accounts that could serve",
      ],
      [
        "another: upstream was overloaded (server_is_overloaded)",
        "another: served: it had the most room of all accounts that could serve",
      ],
      ["another: upstream found the request itself to be wrong"],
    ]);
    expect([...new Bun.Glob("home/**").scanSync({ cwd: folder })]).toEqual([]);
  });
});
