import { describe, expect, onTestFinished, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareEnvironment, expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { startTelegram } from "../support/telegram-server.ts";
import { makeTempHome } from "../support/temp-home.ts";
import { waitUntil } from "../support/wait-until.ts";

const PROGRAM = [process.execPath, join(import.meta.dir, "..", "..", "src", "main.ts")];
const NOWHERE = "http://127.0.0.1:9";
const WAIT_MS = 10_000;

function aHouse(telegramUrl: string) {
  const { path, remove } = makeTempHome();
  const home = join(path, "home");
  const env = bareEnvironment(path, {
    CODEXUSE_HOME: home,
    CODEXUSE_CHATGPT_URL: NOWHERE,
    CODEXUSE_AUTH_URL: NOWHERE,
    CODEXUSE_OPENAI_URL: NOWHERE,
    CODEXUSE_TELEGRAM_URL: telegramUrl,
  });
  const run = (line: string, stdin?: string) =>
    runProcess([...PROGRAM, ...line.split(" ")], { cwd: path, env, ...(stdin === undefined ? {} : { stdin }) });
  onTestFinished(async () => {
    await run("daemon stop");
    remove();
  });
  return {
    path,
    home,
    env,
    run,
    json: async (line: string, stdin?: string) => jsonOf(expectExit(await run(`${line} --json`, stdin), 0)),
  };
}

describe("a daemon with a bot", () => {
  test("gets its token in silence, shows how to pair, answers, and says that it started again", async () => {
    const telegram = startTelegram();
    const house = aHouse(telegram.url);
    await house.json("daemon start --port=0 --telegram-bot-token=-", `${telegram.token}\n`);
    await waitUntil("the bot listens", telegram.isListening, WAIT_MS);
    const status = await house.json("daemon status");
    expect(status["telegram"]).toEqual({ bot: "pool_bot", chats: 0, pairing_code: expect.stringMatching(/^\d{8}$/) });
    const { pairing_code: code } = status["telegram"] as { pairing_code: string };
    expect((await house.run("daemon status")).stdout).toContain(`/pair ${code}`);
    const log = readFileSync(join(house.home, "daemon.log"), "utf8");
    expect(log).toContain(`/pair ${code}`);

    telegram.write(7, `/pair ${code}`);
    expect((await telegram.next(7)).text).toStartWith("Paired");
    telegram.write(7, "/enable");
    expect((await telegram.next(7)).text).toContain("Pool: on");
    expect(await house.json("account-pool status --runtime=daemon")).toMatchObject({ enabled: true });

    const words =
      readFileSync(`/proc/${status["pid"]}/cmdline`, "utf8") + readFileSync(`/proc/${status["pid"]}/environ`, "utf8");
    const everything = words + readFileSync(join(house.home, "daemon.log"), "utf8");
    expect(everything).not.toContain(telegram.token.slice(10));

    const restarted = await house.run("daemon restart");
    expect(restarted.stderr).toContain("@pool_bot listens no more");
    expect(await house.json("daemon status")).toMatchObject({ telegram: null });
  });

  test("finds its token where the service manager puts it", async () => {
    const telegram = startTelegram();
    const house = aHouse(telegram.url);
    const credentials = join(house.path, "credentials");
    mkdirSync(credentials);
    writeFileSync(join(credentials, "telegram-bot-token"), telegram.token);
    const child = Bun.spawn([...PROGRAM, "daemon", "run", "--port=0"], {
      env: { ...house.env, CREDENTIALS_DIRECTORY: credentials },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await waitUntil("the bot listens", telegram.isListening, WAIT_MS);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("does not start with what is no token, and says so without repeating it", async () => {
    const house = aHouse(NOWHERE);
    for (const given of ["123:secret-thing", `file:${join(house.path, "none")}`]) {
      const run = await house.run(`daemon start --port=0 --telegram-bot-token=${given} --json`);
      expect([run.exitCode === 0, `${run.stdout}${run.stderr}`.includes("secret-thing")]).toEqual([false, false]);
    }
    expect(existsSync(join(house.home, "daemon.pid"))).toBe(false);
  });

  test("serves on when Telegram cannot be reached", async () => {
    const house = aHouse(NOWHERE);
    const token = `123456789:${"A".repeat(35)}`;
    expect(await house.json("daemon start --port=0 --telegram-bot-token=-", token)).toMatchObject({ running: true });
    await waitUntil(
      "the outage is in the log",
      () => readFileSync(join(house.home, "daemon.log"), "utf8").includes("Telegram cannot be reached"),
      WAIT_MS,
    );
    expect(await house.json("daemon stop")).toMatchObject({ forced: false });
  });

  test("refuses a base for Telegram that would carry the token in clear", async () => {
    const house = aHouse("http://example.test");
    expectExit(await house.run("daemon run --port=0"), 2);
  });
});
