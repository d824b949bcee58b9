import { describe, expect, onTestFinished, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importAuthFile } from "../../../src/accounts/save-profile.ts";
import { SYSTEM_CLOCK } from "../../../src/clock.ts";
import type { RuntimeStore } from "../../../src/ports.ts";
import { createSimulator, type SimulatorOptions } from "../../../src/simulator/simulator.ts";
import { CHAT_COMMANDS } from "../../../src/telegram/chat-commands.ts";
import { type Remote, startRemote } from "../../../src/telegram/remote.ts";
import type { TelemetryEvent } from "../../../src/telemetry/events.ts";
import { aDesk, type TestDesk } from "../../support/a-desk.ts";
import { OPENAI_ENDPOINTS, openSimulatedUpstream } from "../../support/accounts-world.ts";
import { aCooldown, aCredential, aKey, aProfile, aSession, aWindow } from "../../support/records.ts";
import { startTelegram, type TelegramServer } from "../../support/telegram-server.ts";
import { useTempHome } from "../../support/temp-home.ts";
import { waitUntil } from "../../support/wait-until.ts";

const ANN = 101;
const BOB = 202;
const WAIT_MS = 10_000;

interface Scene {
  readonly telegram: TelegramServer;
  readonly desk: PoolDesk;
  readonly store: RuntimeStore;
  readonly remote: Remote;
  readonly events: TelemetryEvent[];
  nudge(): void;
  /** What the log says of the remote control. */
  said(): string[];
  code(): string;
  /** Pairs the chat and answers when that was told. */
  pair(chatId: number): Promise<void>;
  /** Writes and answers with what comes back. */
  ask(text: string, chatId?: number): Promise<string>;
}

interface SceneOptions {
  readonly desk?: PoolDesk;
  readonly telegram?: TelegramServer;
  readonly startedAtMs?: number;
  readonly minuteOfDay?: () => number;
}

interface PoolDesk extends TestDesk {
  /** Has this done when the test has ended, before the stores close. */
  atEnd(act: () => Promise<void>): void;
}

function aPoolDesk(): PoolDesk {
  const acts: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const act of acts) await act();
  });
  const desk = { ...aDesk(), clock: SYSTEM_CLOCK, atEnd: (act: () => Promise<void>) => void acts.push(act) };
  const names = ["Work", "Home"];
  names.forEach((name, index) => {
    const id = `profile-${index + 1}`;
    const profile = aProfile({ id, name, accountKey: `account-${id}`, userId: id, selected: true, createdAtMs: index });
    desk.settingsStore.addProfile(profile, aCredential({ refreshToken: `refresh-${id}` }));
    const observedAtMs = Date.now();
    desk.settingsStore.mergeWindows(`account-${id}`, [aWindow({ observedAtMs, resetsAtMs: observedAtMs + 3_600_000 })]);
  });
  desk.settingsStore.updatePool({ enabled: true });
  desk.daemonStore.addKey(aKey());
  return desk;
}

async function aScene(options: SceneOptions = {}): Promise<Scene> {
  const desk = options.desk ?? aPoolDesk();
  const telegram = options.telegram ?? startTelegram();
  const events: TelemetryEvent[] = [];
  let count = 0;
  const remote = startRemote({
    token: telegram.token,
    apiUrl: telegram.url,
    desk,
    store: desk.daemonStore,
    startedAtMs: options.startedAtMs ?? Date.now(),
    randomBytes,
    minuteOfDay: options.minuteOfDay ?? (() => 12 * 60),
    newId: (prefix) => `${prefix}_${++count}`,
    emit: (event) => void events.push(event),
  });
  const ended = { done: false };
  const stop = remote.stop;
  const once: Remote = {
    ...remote,
    stop: async () => {
      if (!ended.done) await stop();
      ended.done = true;
    },
  };
  desk.atEnd(once.stop);
  await waitUntil("the bot listens", telegram.isListening, WAIT_MS);
  const code = () => desk.daemonStore.remote().code ?? "";
  const scene: Scene = {
    telegram,
    desk,
    store: desk.daemonStore,
    remote: once,
    events,
    nudge: () => once.hear({ kind: "account-back", turnId: null, profile: "Work" }),
    said: () => events.flatMap((event) => (event.kind === "remote-control" ? [event.text] : [])),
    code,
    async pair(chatId) {
      telegram.write(chatId, `/pair ${code()}`);
      expect((await telegram.next(chatId)).text).toStartWith("Paired");
    },
    async ask(text, chatId = ANN) {
      telegram.write(chatId, text);
      return (await telegram.next(chatId)).text;
    },
  };
  return scene;
}

/** Something that only the paired chat hears proves that everything said before it was dealt with. */
async function settle(scene: Scene): Promise<void> {
  await scene.ask("/help");
}

describe("pairing", () => {
  test("takes the code that the machine shows, once", async () => {
    const scene = await aScene();
    const code = scene.code();
    expect(code).toMatch(/^\d{8}$/);
    expect(scene.said()).toContain(`Telegram: no chat is paired. To pair one, send @pool_bot this: /pair ${code}`);
    await scene.pair(ANN);
    expect(scene.store.remoteChats()).toMatchObject([{ chatId: String(ANN), title: `ann${ANN}` }]);
    expect(scene.code()).not.toBe(code);
    scene.telegram.write(BOB, `/pair ${code}`);
    await settle(scene);
    expect(scene.telegram.shown.filter(({ chatId }) => chatId === String(BOB))).toEqual([]);
  });

  test("is silent to everybody else, whatever they try", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    for (const text of ["/start", "/status", "/disable", "/pair", "/pair 1", "hello", `${scene.code()}`]) {
      scene.telegram.write(BOB, text);
    }
    scene.telegram.write(BOB, `/pair ${scene.code()}`, { type: "group" });
    await settle(scene);
    expect(scene.telegram.shown.filter(({ chatId }) => chatId === String(BOB))).toEqual([]);
    expect(scene.store.remoteChats()).toHaveLength(1);
    expect(scene.desk.settingsStore.pool().enabled).toBe(true);
  });

  test("makes a new code when somebody guesses", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    const code = scene.code();
    for (let guess = 0; guess < 5; guess++) scene.telegram.write(BOB, `/pair 0000000${guess}`);
    await settle(scene);
    expect(scene.code()).not.toBe(code);
    expect(scene.said().some((text) => text.includes("guesses"))).toBe(true);
  });

  test("ends at the chat's own wish", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    expect(await scene.ask("/unpair")).toContain("not paired any more");
    expect(scene.store.remoteChats()).toEqual([]);
    scene.telegram.write(ANN, "/disable");
    await scene.pair(BOB);
    expect(scene.desk.settingsStore.pool().enabled).toBe(true);
  });
});

describe("what a paired chat may ask", () => {
  test("goes through every command, and each is an operation", async () => {
    const scene = await aScene();
    const { settingsStore, daemonStore } = scene.desk;
    daemonStore.saveSession(aSession({ profileId: "profile-1", lastUsedAtMs: Date.now() }));
    await scene.pair(ANN);
    expect(await scene.ask("/status")).toContain("● Work: ██████░░ 75%");
    expect(await scene.ask("/profiles")).toContain("5 h: 25% used, resets in ");
    expect(await scene.ask("/sessions")).toContain("gpt-5 on Work, 1 turn");
    expect(await scene.ask("/disable")).toContain("Pool: off");
    expect(settingsStore.pool().enabled).toBe(false);
    expect(await scene.ask("/enable@pool_bot")).toContain("Pool: on");
    expect(settingsStore.pool().enabled).toBe(true);
    expect(await scene.ask("/pause work")).toContain("work: out of the pool");
    expect(settingsStore.profileNamed("Work")?.selected).toBe(false);
    expect(await scene.ask("/resume Work")).toContain("Work: in the pool");
    expect(settingsStore.profileNamed("Work")?.selected).toBe(true);
    expect(await scene.ask("/routing")).toContain("Routing: least-used");
    expect(await scene.ask("/routing round-robin")).toContain("Running sessions stay");
    expect(settingsStore.pool().routing).toBe("round-robin");
    expect(await scene.ask("/quiet 22:00-07:00")).toContain("22:00–07:00");
    expect(daemonStore.remoteChats()[0]?.quiet).toEqual({ fromMinute: 1320, toMinute: 420 });
    expect(await scene.ask("/quiet off")).toContain("none");
    expect(await scene.ask("/help")).toContain("/explain");
    const explained = await scene.ask("/explain session-1");
    expect(explained).toContain("no turn or session");
  });

  test("is told what is wrong with it, with the way out", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    expect(await scene.ask("/pause")).toContain("See /profiles");
    expect(await scene.ask("/pause Wrok")).toContain('Did you mean "Work"?');
    expect(await scene.ask("/routing fastest")).toContain("least-used, round-robin");
    expect(await scene.ask("/quiet soon")).toContain("22:00-07:00");
    expect(await scene.ask("/keys create")).toContain("nothing I know");
    expect(await scene.ask("hello")).toContain("/help");
  });

  test("works by buttons, which change the message they are under", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    await scene.ask("/profiles");
    scene.telegram.press(ANN, "Pause Work");
    const paused = await scene.telegram.next(ANN);
    expect(paused).toMatchObject({ edited: true, text: expect.stringContaining("Work: out of the pool") });
    scene.telegram.press(ANN, "Resume Work");
    expect((await scene.telegram.next(ANN)).text).toContain("Work: in the pool");
    scene.telegram.press(ANN, "Status");
    expect((await scene.telegram.next(ANN)).text).toContain("Pool on");
    scene.telegram.press(ANN, "Switch off");
    await scene.telegram.next(ANN);
    expect(scene.desk.settingsStore.pool().enabled).toBe(false);
    expect(scene.telegram.calls).toContain("answerCallbackQuery");
    const data = scene.telegram.shown.flatMap(({ buttons }) => buttons.map((button) => button.data));
    expect(data.filter((text) => Buffer.byteLength(text) > 64)).toEqual([]);
  });

  test("is not done when it was sent long ago", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    scene.telegram.write(ANN, "/disable", { ageS: 3_600 });
    expect((await scene.telegram.next(ANN)).text).toContain("Nothing was done");
    expect(scene.desk.settingsStore.pool().enabled).toBe(true);
  });

  test("holds no key, token or e-mail address, and offers to make no key", async () => {
    const scene = await aScene();
    scene.desk.daemonStore.saveSession(aSession({ profileId: "profile-1" }));
    await scene.pair(ANN);
    for (const { name } of CHAT_COMMANDS) if (name !== "unpair") await scene.ask(`/${name}`);
    const all = JSON.stringify([scene.telegram.shown, scene.events]);
    for (const secret of ["person@example.test", "access-1", "refresh-profile-1", scene.telegram.token, "cux_pool_"]) {
      expect(all).not.toContain(secret);
    }
    expect(CHAT_COMMANDS.map(({ name }) => name).filter((name) => name.includes("key"))).toEqual([]);
  });

  test("answers with the id of a bug, and the log has the rest", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    Object.assign(scene.desk, { presence: () => Promise.reject(new Error("secret detail")) });
    expect(await scene.ask("/status")).toContain("err_1");
    expect(scene.telegram.shown.at(-1)?.text).not.toContain("secret detail");
    expect(scene.events.some((event) => event.kind === "internal-error" && event.text.includes("secret detail"))).toBe(
      true,
    );
  });
});

describe("signing in from a chat", () => {
  /** A pool whose one profile lost its sign-in, and an upstream that signs it in by a code. */
  async function aLostSignIn(device: SimulatorOptions["device"]) {
    const desk = aPoolDesk();
    const sim = createSimulator({ device: { intervalSeconds: 0, pendingPolls: 0, ...device } });
    const account = sim.addChatgptAccount({ name: "anna" });
    const upstream = openSimulatedUpstream(sim);
    Object.assign(desk, { endpoints: OPENAI_ENDPOINTS, upstream: () => upstream });
    const importing = { settings: desk.settingsStore, wire: { upstream, clock: desk.clock } };
    const path = join(useTempHome(), "auth.json");
    writeFileSync(path, JSON.stringify(account.authJson()));
    await importAuthFile({ ...importing, endpoints: OPENAI_ENDPOINTS, rng: Math.random }, { path, name: "Anna" });
    const anna = desk.settingsStore.profileNamed("Anna");
    const signIn = { state: "needed", reason: "refresh-token-expired", sinceMs: 0 } as const;
    desk.settingsStore.updateProfile(anna?.id ?? "", { selected: true, signIn });
    const scene = await aScene({ desk });
    await scene.pair(ANN);
    return { scene, desk };
  }

  test("sends a link and a code, and then what came of it", async () => {
    const { scene, desk } = await aLostSignIn({});
    expect(await scene.ask("/signin Anna")).toContain("a link and a code follow");
    const invitation = (await scene.telegram.next(ANN)).text;
    expect(invitation).toContain("https://auth.openai.com/codex/device");
    expect((await scene.telegram.next(ANN)).text).toContain("Anna is signed in");
    expect(desk.settingsStore.profileNamed("Anna")?.signIn).toEqual({ state: "ok" });
    const credential = desk.settingsStore.credential(desk.settingsStore.profileNamed("Anna")?.id ?? "")?.credential;
    expect(credential?.kind).toBe("chatgpt");
    const secret = credential?.kind === "chatgpt" ? credential.accessToken : "";
    expect(JSON.stringify(scene.telegram.shown)).not.toContain(secret);
  });

  test("says why it did not work", async () => {
    const { scene } = await aLostSignIn({ enabled: false });
    await scene.ask("/signin Anna");
    expect((await scene.telegram.next(ANN)).text).toStartWith("Anna was not signed in.");
  });
});

describe("alerts", () => {
  const HOUR_MS = 3_600_000;

  function drain(desk: TestDesk, id: string): void {
    const now = Date.now();
    desk.settingsStore.setCooldown(`account-${id}`, aCooldown({ sinceMs: now, untilMs: now + 2 * HOUR_MS }));
  }

  test("tell of what happens, once each, and again when it is over", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    const { settingsStore } = scene.desk;
    const news = async (): Promise<string> => {
      scene.nudge();
      return (await scene.telegram.next(ANN)).text;
    };
    drain(scene.desk, "profile-1");
    expect(await news()).toBe("🔴 Work is used up, back in 1 h 59 min.");
    settingsStore.updateProfile("profile-2", {
      signIn: { state: "needed", reason: "refresh-token-expired", sinceMs: 0 },
    });
    expect((await news()).split("\n")).toEqual([
      "🔑 Home needs to sign in.",
      expect.stringMatching(/^🚨 Nobody in the pool can serve, back in 1 h 59 min\.$/),
    ]);
    expect(scene.telegram.shown.at(-1)?.buttons[0]?.text).toBe("Sign in Home");
    settingsStore.clearCooldown("account-profile-1", "all");
    expect((await news()).split("\n")).toEqual(["🟢 Work is back.", "🟢 The pool can serve again."]);
    settingsStore.updateProfile("profile-2", { signIn: { state: "ok" } });
    expect(await news()).toBe("🟢 Home is signed in again.");
    scene.nudge();
    scene.nudge();
    expect(await scene.ask("/help")).toContain("/status");
  });

  test("do not repeat after a restart, which is told itself", async () => {
    const desk = aPoolDesk();
    const first = await aScene({ desk, startedAtMs: Date.now() - HOUR_MS });
    await first.pair(ANN);
    drain(desk, "profile-1");
    first.nudge();
    await first.telegram.next(ANN);
    await first.remote.stop();
    expect(desk.daemonStore.remote()).toEqual({ bot: null, code: null });

    const second = await aScene({ desk });
    expect((await second.telegram.next(ANN)).text).toMatch(/^🔄 The daemon has started \(version [\d.]+\)\.$/);
    const third = await aScene({ desk });
    expect(await third.ask("/routing")).toContain("Routing");
  });

  test("wait for the end of quiet hours, and then tell what still holds", async () => {
    const time = { minute: 23 * 60 };
    const scene = await aScene({ minuteOfDay: () => time.minute });
    await scene.pair(ANN);
    await scene.ask("/quiet 22-7");
    drain(scene.desk, "profile-1");
    scene.desk.settingsStore.updateProfile("profile-2", { selected: false });
    scene.nudge();
    expect(await scene.ask("/routing")).toContain("Routing");
    scene.desk.settingsStore.updateProfile("profile-2", { selected: true });
    time.minute = 7 * 60;
    scene.nudge();
    expect((await scene.telegram.next(ANN)).text).toBe("🔴 Work is used up, back in 1 h 59 min.");
  });

  test("come again when they could not be delivered", async () => {
    const scene = await aScene();
    await scene.pair(ANN);
    scene.telegram.fail("500");
    drain(scene.desk, "profile-1");
    scene.nudge();
    await waitUntil("the outage is noticed", () => scene.said().some((text) => text.includes("trying on")), WAIT_MS);
    scene.telegram.fail(null);
    scene.nudge();
    expect((await scene.telegram.next(ANN)).text).toContain("Work is used up");
  });
});

describe("the connection", () => {
  for (const fault of ["500", "429"] as const) {
    test(`survives ${fault} and says so once`, async () => {
      const scene = await aScene();
      await scene.pair(ANN);
      scene.telegram.fail(fault);
      await waitUntil(
        "trouble is said",
        () => scene.events.some((e) => e.kind === "remote-control" && e.level === "warn"),
        WAIT_MS,
      );
      scene.telegram.write(ANN, "/status");
      scene.telegram.fail(null);
      expect((await scene.telegram.next(ANN)).text).toContain("Pool on");
      const warnings = scene.events.filter((event) => event.kind === "remote-control" && event.level === "warn");
      expect(warnings).toHaveLength(1);
      expect(scene.said().at(-1)).toBe("Telegram: listening as @pool_bot");
    });
  }

  test("is given up when the token is refused, without a word of it in the log", async () => {
    const telegram = startTelegram();
    const desk = aPoolDesk();
    telegram.fail("401");
    const events: TelemetryEvent[] = [];
    const remote = startRemote({
      token: telegram.token,
      apiUrl: telegram.url,
      desk,
      store: desk.daemonStore,
      startedAtMs: 0,
      randomBytes,
      minuteOfDay: () => 0,
      newId: (prefix) => prefix,
      emit: (event) => void events.push(event),
    });
    desk.atEnd(remote.stop);
    await waitUntil("the refusal is said", () => events.length > 0, WAIT_MS);
    expect(events).toMatchObject([{ kind: "remote-control", level: "warn", text: expect.stringContaining("refuses") }]);
    expect(JSON.stringify(events)).not.toContain(telegram.token.slice(12));
  });

  test("ends at once when it is told to, in the middle of a long question", async () => {
    const scene = await aScene();
    const startedMs = performance.now();
    await scene.remote.stop();
    expect(performance.now() - startedMs).toBeLessThan(WAIT_MS);
    expect(scene.store.remote()).toEqual({ bot: null, code: null });
  });
});
