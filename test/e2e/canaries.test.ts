/** After everything that can be done with a sign-in, no secret of it is anywhere in clear (trap 48). */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SimChatgptAccount } from "../../src/simulator/account.ts";
import { connectionFault } from "../../src/simulator/fault.ts";
import { PROXY_PASSWORD, startRecordingProxy } from "../support/recording-proxy.ts";
import { expectExit, jsonOf, type ProcessRun } from "../support/run-process.ts";
import { approve, asProgram } from "../support/sign-in-program.ts";
import { createKey, installBinary } from "../support/start-binary.ts";

setDefaultTimeout(120_000);

const KEY = "sk-canary-key-4b1d9e77c0aa";
const BODY = "canary-body-2c9f";
const PASSPHRASE = "canary passphrase 5e81d0";

/** Every file below a folder, with its bytes. */
function filesBelow(folder: string): { readonly path: string; readonly bytes: Buffer }[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [{ path, bytes: readFileSync(path) }];
  });
}

/** A token's own part: the heads of all JWTs are alike. */
function coreOf(secret: string): string {
  return secret.slice(-32);
}

test("neither files nor logs nor outputs hold a token, a key, a code or a password", async () => {
  const installed = await installBinary({ simulator: { device: { pendingPolls: 0 } } });
  const { sim, home, folder } = installed;
  const program = asProgram({ ...installed, words: [installed.executable], place: folder });
  const proxy = await startRecordingProxy();
  const accounts: SimChatgptAccount[] = ["anna", "bert", "carl", "dora"].map((name) => sim.addChatgptAccount({ name }));
  const [anna, bert, carl, dora] = accounts as [
    SimChatgptAccount,
    SimChatgptAccount,
    SimChatgptAccount,
    SimChatgptAccount,
  ];
  const secrets = new Set<string>([KEY, PROXY_PASSWORD, Buffer.from(`owner:${PROXY_PASSWORD}`).toString("base64")]);
  const outputs: string[] = [];
  const keep = (run: ProcessRun): ProcessRun => {
    outputs.push(run.stdout, run.stderr);
    return run;
  };
  const run = async (words: string[], stdin?: string): Promise<ProcessRun> => keep(await program.run(words, stdin));

  // Every way to sign in, the ways that fail among them.
  const browser = program.start("profile", "add", "one");
  await (await fetch(await approve(await browser.address()))).body?.cancel();
  expect(await browser.exited).toBe(0);
  outputs.push(browser.printed(), browser.said());
  sim.settings.signInAs = "bert";
  expectExit(await run(["profile", "add", "two", "--device", "--proxy=-"], proxy.secretUrl), 0);
  const token = String(carl.personalAuthJson()["personal_access_token"]);
  secrets.add(token);
  expectExit(await run(["profile", "add", "three", "--access-token=-"], token), 0);
  expectExit(await run(["profile", "add", "four", "--api-key=-"], KEY), 0);
  await run(["profile", "add", "five", `--api-key=${KEY} and more`]);
  await run(["profile", "add", "five", `--access-token=${token}x`]);
  await run(["profile", "add", "five", "--device", `--proxy=socks5://owner:${PROXY_PASSWORD}@127.0.0.1:1`]);
  await run(["profile", "refresh", "one", "--device", "--json"]);
  await run(["profile", "refresh", "three", "--access-token=-"], token);

  // A pool at work: turns that go well, are refused, break, and sessions that are looked at.
  expectExit(await run(["account-pool", "profiles", "add", "one", "two", "three", "four"]), 0);
  expectExit(await run(["account-pool", "enable"]), 0);
  const { key } = await createKey(installed, "daemon");
  secrets.add(key);
  installed.atEnd(async () => {
    await installed.run("daemon", "stop");
  });
  const started = jsonOf(expectExit(await run(["daemon", "start", "--port=0", "--json"]), 0));
  const ask = async (input: string, stream: boolean): Promise<string> => {
    const answer = await fetch(`${started["base_url"]}/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5.5", input, stream }),
    });
    const text = await answer.text().catch(() => "");
    return `${text}${JSON.stringify([...answer.headers])}`;
  };
  for (const fault of ["token-expired", "usage-limit", "server-error"] as const) {
    sim.script.fail(fault);
    outputs.push((await ask(`hello ${BODY}`, false)).replaceAll(BODY, ""));
  }
  for (const kind of ["reset-mid-stream", "truncated-json", "garbage-framing"] as const) {
    sim.script.fail(connectionFault(kind, { afterEvent: 3 }));
    outputs.push((await ask("hello again", true)).replaceAll(BODY, ""));
  }
  // Upstream refuses tokens: one sign-in has to refresh, which fails first, one cannot so soon, one is signed out.
  const old = { ...dora.authJson(), last_refresh: new Date(Date.now() - 3_600_000).toISOString() };
  writeFileSync(join(folder, "old.json"), JSON.stringify(old), { mode: 0o600 });
  expectExit(await run(["profile", "import", join(folder, "old.json"), "--name=six"]), 0);
  expectExit(await run(["account-pool", "profiles", "remove", "one", "two", "three", "four"]), 0);
  expectExit(await run(["account-pool", "profiles", "add", "six"]), 0);
  dora.expireAccessTokens();
  dora.script.fail("refresh-server-error", { endpoint: "refresh" });
  outputs.push(await ask("refresh, please", false));
  expectExit(await run(["account-pool", "profiles", "add", "one", "two"]), 0);
  anna.expireAccessTokens();
  bert.endLogins();
  for (let turn = 0; turn < 4; turn += 1) outputs.push(await ask(`turn ${turn}`, turn % 2 === 0));
  for (const words of [
    ["profile", "list"],
    ["profile", "list", "--json"],
  ])
    await run(words);
  for (const words of [["status"], ["keys", "list"], ["sessions", "list"]]) {
    await run(["account-pool", ...words, "--runtime=daemon", "--json"]);
  }

  // What is exported is meant to hold secrets: it tells what to look for, in a place outside of the home.
  const path = join(folder, "exported.json");
  for (const name of ["one", "six"]) {
    expectExit(await run(["profile", "export", name, `--to=${path}.${name}`]), 0);
    const { tokens } = JSON.parse(readFileSync(`${path}.${name}`, "utf8")) as { tokens: Record<string, string> };
    for (const field of ["id_token", "access_token", "refresh_token"]) secrets.add(tokens[field] ?? "");
  }
  await run(["profile", "rekey"]);
  await run(["profile", "remove", "one", "--revoke", "--yes"]);
  await run(["profile", "remove", "two", "--yes"]);
  const metricsUrl = new URL("/metrics", String(started["base_url"]));
  const figures = await (await fetch(metricsUrl, { headers: { authorization: `Bearer ${key}` } })).text();
  expect(figures).toContain('outcome="served"');
  outputs.push(figures);
  // Into the home, where every file is searched.
  secrets.add(PASSPHRASE);
  expectExit(await run(["backup", join(home, "plain.backup"), "--json"]), 0);
  expectExit(await run(["backup", join(home, "keyed.backup"), "--passphrase=-", "--json"], `${PASSPHRASE}\n`), 0);
  outputs.push(...(await daemonOutputs(run)));

  for (const account of accounts) for (const refreshToken of account.currentRefreshTokens()) secrets.add(refreshToken);
  for (const secret of secretsSent(sim.requests)) secrets.add(secret);
  expect(secrets.size).toBeGreaterThan(12);

  const cores = [...secrets].map(coreOf).filter((core) => core.length >= 12);
  const files = filesBelow(home);
  expect(files.map(({ path: file }) => file.slice(home.length + 1))).toContain("daemon.log");
  const leaks = files.flatMap(({ path: file, bytes }) => cores.filter((core) => bytes.includes(core)).map(() => file));
  expect(leaks).toEqual([]);
  const said = outputs.join("\n");
  expect(cores.filter((core) => said.includes(core))).toHaveLength(0);
  // Bodies and people are in no log either.
  const log = readFileSync(join(home, "daemon.log"), "utf8");
  expect(log).not.toContain(BODY);
  for (const account of accounts) expect(`${log}${figures}`).not.toContain(account.email);
  const masterKey = readFileSync(join(home, "master.key"), "utf8").trim();
  for (const name of ["plain.backup", "keyed.backup"]) {
    const backup = readFileSync(join(home, name));
    expect([masterKey, Buffer.from(masterKey, "hex"), BODY].filter((one) => backup.includes(one))).toEqual([]);
  }
  expect(said).not.toContain(masterKey);
  // All of it has happened, and the search finds what is there.
  expect(sim.turnsOf().length).toBeGreaterThan(8);
  expect(sim.callsTo("refresh").length).toBeGreaterThan(0);
  expect(sim.callsTo("revoke")).toHaveLength(1);
  const exported = filesBelow(folder).filter(({ path: file }) => file.startsWith(path));
  expect(exported.map(({ bytes }) => cores.filter((core) => bytes.includes(core)).length)).toEqual([3, 3]);
});

async function daemonOutputs(run: (words: string[]) => Promise<ProcessRun>): Promise<string[]> {
  const stopped = await run(["daemon", "stop", "--json"]);
  const logs = await run(["daemon", "logs", "--json"]);
  return [stopped.stdout, logs.stdout];
}

/** What upstream was shown: Bearers, refresh tokens, codes and their verifiers. */
function secretsSent(
  requests: readonly { readonly headers: Record<string, string>; readonly body: unknown }[],
): readonly string[] {
  const fields = ["refresh_token", "code", "code_verifier", "token", "device_auth_id"];
  return requests.flatMap(({ headers, body }) => {
    const bearer = headers["authorization"]?.replace(/^Bearer /, "") ?? "";
    const values = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    return [bearer, ...fields.map((field) => String(values[field] ?? ""))].filter((secret) => secret !== "");
  });
}
