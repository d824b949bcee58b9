/**
 * One chat from its pairing to its end, with the compiled daemon between a simulated Telegram and a simulated OpenAI:
 * every command, every alert, a lost network, and a stranger who hears nothing all the while.
 */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readTold } from "../../src/operations/pool-news.ts";
import { openRuntimeStore } from "../../src/store/runtime-store.ts";
import { CHAT_COMMANDS } from "../../src/telegram/chat-commands.ts";
import { expectExit, jsonOf, runProcess } from "../support/run-process.ts";
import { type BinaryPool, startBinary } from "../support/start-binary.ts";
import { type Shown, startTelegram } from "../support/telegram-server.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(120_000);

const ANN = 101;
const STRANGER = 666;
const WAIT_MS = 15_000;
const HOUR_MS = 3_600_000;

async function aChat() {
  const telegram = startTelegram();
  const device = { intervalSeconds: 0, pendingPolls: 0 };
  const pool = await startBinary({ accounts: ["alpha", "beta"], simulator: { device } });
  expect(await pool.daemon.stop()).toBe(0);
  pool.atEnd(async () => void (await pool.run("daemon", "stop")));
  const env = { ...pool.env, CODEXUSE_TELEGRAM_URL: telegram.url };
  const start = async () => {
    const words = [pool.executable, "daemon", "start", "--port=0", "--telegram-bot-token=-", "--json"];
    const run = await runProcess(words, { cwd: pool.folder, env, stdin: `${telegram.token}\n` });
    const { base_url: baseUrl } = jsonOf(expectExit(run, 0));
    await waitUntil("the bot listens", telegram.isListening, WAIT_MS);
    return String(baseUrl);
  };
  const say = async (text: string) => {
    telegram.write(ANN, text);
    return (await telegram.next(ANN)).text;
  };
  const press = async (caption: string) => {
    telegram.press(ANN, caption);
    return (await telegram.next(ANN)).text;
  };
  return { telegram, pool, start, say, press };
}

async function ask(
  pool: BinaryPool,
  baseUrl: string,
  session: string,
): Promise<{ readonly status: number; readonly profile: string }> {
  const answer = await fetch(`${baseUrl}/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${pool.key}`, "content-type": "application/json", "session-id": session },
    body: JSON.stringify({ model: "gpt-5.5", input: "Say hello" }),
  });
  await answer.text();
  return { status: answer.status, profile: answer.headers.get("x-codexuse-profile") ?? "" };
}

/** What was told may be told in one message or in two. */
async function hearAll(next: () => Promise<Shown>, wanted: readonly string[]): Promise<void> {
  let heard = "";
  while (!wanted.every((text) => heard.includes(text))) {
    const message = await next().catch(() => null);
    if (message === null) throw new Error(`waited for ${JSON.stringify(wanted)}, and heard only:\n${heard}`);
    heard += `${message.text}\n`;
  }
}

/** As if the last start had been told an hour ago, and the windows of five hours were over. */
function letTimePass(home: string): void {
  const store = openRuntimeStore(home, "daemon");
  for (const chat of store.remoteChats()) {
    const told = { ...readTold(chat.told), started_at_ms: Date.now() - HOUR_MS };
    store.saveRemoteChat({ ...chat, told: JSON.stringify(told) });
  }
  store.close();
  const settings = new Database(join(home, "settings.sqlite"));
  settings.run("UPDATE cooldowns SET since_ms = since_ms - ?1, until_ms = until_ms - ?1", [6 * HOUR_MS]);
  settings.run("UPDATE windows SET resets_at_ms = resets_at_ms - ?1, observed_at_ms = observed_at_ms - ?1", [
    6 * HOUR_MS,
  ]);
  settings.close();
}

test("one chat goes through pairing, every command and every alert, and a stranger hears nothing", async () => {
  const { telegram, pool, start, say, press } = await aChat();
  const baseUrl = await start();
  const next = () => telegram.next(ANN);
  const pest = () => {
    for (const { name } of CHAT_COMMANDS) telegram.write(STRANGER, `/${name}`);
    telegram.write(STRANGER, "/pair 00000000");
  };
  pest();

  // Pairing, by the code that only the machine shows.
  const { telegram: remote } = (await pool.json("daemon", "status")) as { telegram: { pairing_code: string } };
  expect(await say(`/pair ${remote.pairing_code}`)).toStartWith("Paired");

  // Every command, against a pool that has served.
  const { status, profile: home } = await ask(pool, baseUrl, "conversation-1");
  const other = home === "alpha" ? "beta" : "alpha";
  expect(status).toBe(200);
  expect(await say("/status")).toContain("Pool on, least-used");
  expect(await say("/profiles")).toContain("● alpha: ");
  expect(await say("/sessions")).toContain("gpt-5.5 on ");
  expect(await press("Explain the last")).toContain("Considered:");
  expect(await say("/explain")).toContain("1. ");
  expect(await say("/disable")).toContain("Pool: off");
  expect(await ask(pool, baseUrl, "conversation-1")).toMatchObject({ status: 503 });
  expect(await press("Switch on again")).toContain("Pool: on");
  expect(await say("/pause beta")).toContain("beta: out of the pool");
  expect(await press("Resume beta")).toContain("beta: in the pool");
  expect(await say("/routing")).toContain("least-used");
  expect(await press("Use round-robin")).toContain("Running sessions stay");
  expect(await say("/quiet 0:00-0:01")).toContain("Quiet hours");
  expect(await say("/quiet off")).toContain("none");
  expect(await say("/help")).toContain("Keys are made at the machine only.");
  expect(await say("/keys")).toContain("nothing I know");
  pest();

  // Alerts, made by what upstream does: one account runs out, the other's sign-in ends, and nobody is left.
  pool.chatgpt(home).setUsed(100);
  expect(await ask(pool, baseUrl, "conversation-1")).toEqual({ status: 200, profile: other });
  await hearAll(next, [`${home} is used up, back in`]);
  pool.chatgpt(other).endLogins();
  expect((await ask(pool, baseUrl, "conversation-1")).status).not.toBe(200);
  await hearAll(next, [`${other} needs to sign in.`, "Nobody in the pool can serve"]);

  // Mended from the chat, by a link and a code.
  pool.sim.settings.signInAs = other;
  telegram.press(ANN, `Sign in ${other}`);
  const invitation = ["a link and a code follow", `${pool.served.authUrl}/codex/device`];
  await hearAll(next, [...invitation, `${other} is signed in.`, "The pool can serve again."]);
  expect(await ask(pool, baseUrl, "conversation-1")).toEqual({ status: 200, profile: other });

  // A network that goes away and comes back loses nothing of what is said.
  await telegram.hangUp();
  const log = join(pool.home, "daemon.log");
  const lost = () => readFileSync(log, "utf8").includes("Telegram cannot be reached");
  await waitUntil("the loss is in the log", lost, WAIT_MS);
  telegram.comeBack();
  expect(await say("/status")).toContain("Pool on");

  // The daemon starts again later, and finds that quota is back.
  await pool.json("daemon", "stop");
  letTimePass(pool.home);
  pool.chatgpt(home).setUsed(0);
  await start();
  await hearAll(next, ["The daemon has started", `${home} is back.`]);

  expect(telegram.shown.filter(({ text }) => text.includes(`${other} is signed in again`))).toEqual([]);

  // The end, at the chat's own wish.
  pest();
  expect(await say("/unpair")).toContain("not paired any more");
  expect(await pool.json("daemon", "status")).toMatchObject({ telegram: { chats: 0 } });

  expect(telegram.shown.filter(({ chatId }) => chatId === String(STRANGER))).toEqual([]);
  const everything = JSON.stringify(telegram.shown) + readFileSync(log, "utf8");
  const accounts = [pool.chatgpt(home), pool.chatgpt(other)];
  const tokens = accounts.flatMap((account) => account.currentRefreshTokens());
  const secrets = [pool.key, telegram.token.slice(11), ...accounts.map(({ email }) => email), ...tokens];
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
  expect(await pool.json("account-pool", "status", "--runtime=daemon")).toMatchObject({ enabled: true });
});
