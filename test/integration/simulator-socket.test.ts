/** The simulator on a real socket: broken connections must be the real thing, and leaving clients must be noticed. */
import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import type { SimChatgptAccount } from "../../src/simulator/account.ts";
import { type ConnectionFaultKind, connectionFault } from "../../src/simulator/fault.ts";
import type { LoginTokens } from "../../src/simulator/logins.ts";
import { type ServedSimulator, serveSimulator } from "../../src/simulator/serve-simulator.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";

interface Stage {
  readonly sim: Simulator;
  readonly anna: SimChatgptAccount;
  readonly login: LoginTokens;
  readonly served: ServedSimulator;
}

const BODY = JSON.stringify({
  model: "gpt-5.5",
  instructions: "",
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Grüße 🎉" }] }],
  stream: true,
  store: false,
});

async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const sim = createSimulator();
  const anna = sim.addChatgptAccount({ name: "anna" });
  const served = await serveSimulator(sim);
  try {
    await play({ sim, anna, login: anna.login(), served });
  } finally {
    await served.stop();
  }
}

function headersOf({ anna, login }: Stage): Record<string, string> {
  return {
    authorization: `Bearer ${login.accessToken}`,
    "chatgpt-account-id": anna.accountId,
    "content-type": "application/json",
  };
}

function ask(stage: Stage, signal: AbortSignal | null = null): Promise<Response> {
  const url = `${stage.served.chatgptUrl}/codex/responses`;
  return fetch(url, { method: "POST", headers: headersOf(stage), body: BODY, signal });
}

/** What a bare TCP client gets: the bytes, and whether the peer closed (FIN) or reset (RST). */
async function askRaw(stage: Stage): Promise<{ written: string; ending: "fin" | "reset" }> {
  const socket = connect(stage.served.port, "127.0.0.1");
  const head = Object.entries({ ...headersOf(stage), host: "127.0.0.1", "content-length": Buffer.byteLength(BODY) });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`POST /backend-api/codex/responses HTTP/1.1\r\n${lines}\r\n${BODY}`);
  let written = "";
  let ending: "fin" | "reset" = "fin";
  socket.on("data", (bytes) => {
    written += bytes.toString("latin1");
  });
  socket.on("error", () => {
    ending = "reset";
  });
  await once(socket, "close").catch(() => undefined);
  return { written, ending };
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

/** Waits for a condition, bounded. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !holds(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
}

describe("serveSimulator()", () => {
  test("serves the three hosts' paths from one origin", () =>
    onStage(async (stage) => {
      const { served, sim } = stage;
      const key = sim.addApiKeyAccount({ name: "key" });
      const said = await (await ask(stage)).text();
      expect(said).toContain("Echo: Grüße 🎉");
      const usage = await fetch(`${served.chatgptUrl}/wham/usage`, { headers: headersOf(stage) });
      expect(usage.status).toBe(200);
      const bearer = { authorization: `Bearer ${key.apiKey}` };
      expect((await fetch(`${served.openaiUrl}/models`, { headers: bearer })).status).toBe(200);
      const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: "rt.none" });
      expect((await fetch(`${served.authUrl}/oauth/token`, { method: "POST", body })).status).toBe(400);
    }));

  test.each(["refused", "reset-before-headers", "reset-after-accept"] as const)(
    "%s is a reset without a byte",
    (kind) =>
      onStage(async (stage) => {
        stage.anna.script.fail(kind, { times: 2 });
        expect(await askRaw(stage)).toEqual({ written: "", ending: "reset" });
        expect(await codeOf(ask(stage))).toBe("ECONNRESET");
      }),
  );

  test("a reset in the stream comes after the events, as a real RST", () =>
    onStage(async (stage) => {
      stage.anna.script.fail(connectionFault("reset-mid-stream", { afterEvent: 2 }), { times: 2 });
      const { written, ending } = await askRaw(stage);
      expect(written).toContain("event: response.in_progress");
      expect(written).not.toContain("response.output_item.added");
      expect(ending).toBe("reset");
      const answer = await ask(stage);
      expect([answer.status, await codeOf(answer.text())]).toEqual([200, "ECONNRESET"]);
      expect(stage.sim.turnsOf("anna").map((record) => record.outcome)).toEqual(["cut", "cut"]);
    }));

  test("a closed stream is a FIN without the last chunk; a clean end has it", () =>
    onStage(async (stage) => {
      stage.anna.script.fail("close-mid-stream");
      const closed = await askRaw(stage);
      expect([closed.ending, closed.written.endsWith("0\r\n\r\n")]).toEqual(["fin", false]);
      stage.anna.script.fail("end-mid-stream");
      const ended = await ask(stage);
      expect(await ended.text()).not.toContain("response.completed");
    }));

  test.each([
    ["close-mid-stream", "ECONNRESET"],
    ["garbage-framing", "InvalidHTTPResponse"],
    ["wrong-content-length", "ECONNRESET"],
  ] satisfies [ConnectionFaultKind, string][])("%s fails fetch as it does in memory, with %s", (kind, code) =>
    onStage(async (stage) => {
      stage.anna.script.fail(kind);
      expect(await codeOf(ask(stage).then((answer) => answer.text()))).toBe(code);
      stage.anna.script.fail(kind);
      const url = `${stage.served.chatgptUrl}/codex/responses`;
      const request = new Request(url, { method: "POST", headers: headersOf(stage), body: BODY });
      expect(await codeOf(stage.sim.handle(request).then((answer) => answer.text()))).toBe(code);
    }),
  );

  test("sees a client that leaves, before the head and in the stream", () =>
    onStage(async (stage) => {
      for (const kind of ["hang-before-headers", "hang-mid-stream"] as const) {
        stage.sim.forget();
        stage.anna.script.fail(kind);
        const caller = new AbortController();
        const asked = codeOf(ask(stage, caller.signal).then((answer) => answer.text()));
        await until(() => stage.sim.turnsOf("anna").length === 1);
        caller.abort();
        await asked;
        await until(() => stage.sim.turnsOf("anna")[0]?.cancelled === true);
      }
      expect(stage.sim.concurrency.now).toBe(0);
    }));

  test("stops a paced stream when its reader leaves", () =>
    onStage(async (stage) => {
      stage.anna.script.reply("word ".repeat(2000)).pace({ eventDelayMs: 5 });
      const answer = await ask(stage);
      const reader = answer.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      await until(() => stage.sim.turnsOf("anna")[0]?.cancelled === true);
    }));

  test("gzip goes over the wire and comes out decoded", () =>
    onStage(async (stage) => {
      stage.anna.script.pace({ gzip: true });
      const answer = await ask(stage);
      expect([answer.headers.get("content-encoding"), (await answer.text()).includes("Grüße 🎉")]).toEqual([
        "gzip",
        true,
      ]);
    }));

  test("truly refuses while offline, on the same port, and comes back", () =>
    onStage(async (stage) => {
      await stage.served.goOffline();
      expect(await codeOf(ask(stage))).toBe("ECONNREFUSED");
      await stage.served.goOnline();
      expect((await ask(stage)).status).toBe(200);
    }));

  test("carries many streams at once", () =>
    onStage(async (stage) => {
      stage.anna.script.pace({ eventDelayMs: 5 });
      const said = await Promise.all(Array.from({ length: 200 }, async () => (await ask(stage)).text()));
      expect(said.every((written) => written.includes("response.completed"))).toBe(true);
      expect(stage.sim.concurrencyOf("anna").now).toBe(0);
      expect(stage.sim.concurrencyOf("anna").max).toBeGreaterThan(50);
    }));

  test("rejects a port that is taken", () =>
    onStage(async (stage) => {
      expect(await codeOf(serveSimulator(createSimulator(), { port: stage.served.port }))).toBe("EADDRINUSE");
    }));
});
