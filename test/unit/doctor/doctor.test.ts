import { describe, expect, onTestFinished, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkClients } from "../../../src/doctor/check-clients.ts";
import { checkHome } from "../../../src/doctor/check-home.ts";
import { checkNetwork, type Host } from "../../../src/doctor/check-network.ts";
import { checkRuntimes } from "../../../src/doctor/check-runtimes.ts";
import { checkService } from "../../../src/doctor/check-service.ts";
import { checkSignIns } from "../../../src/doctor/check-sign-ins.ts";
import { checkStores } from "../../../src/doctor/check-stores.ts";
import { checksOf } from "../../../src/doctor/examine.ts";
import type { Finding } from "../../../src/doctor/finding.ts";
import { TransportError, type Upstream } from "../../../src/ports.ts";
import { CODEX_EDITOR } from "../../../src/setup/edit-codex-config.ts";
import { createSimulator } from "../../../src/simulator/simulator.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { aDesk, DESK_NOW_MS } from "../../support/a-desk.ts";
import { aCredential, aProfile } from "../../support/records.ts";
import { runCli } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";

function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, code }) => `${severity} ${code}`);
}

function at(port: number): { readonly port: number; readonly freePort: null } {
  return { port, freePort: null };
}

describe("the home folder", () => {
  test("that is one's own is fine, and one that is not there is no fault", () => {
    const home = useTempHome();
    writeFileSync(join(home, "settings.sqlite"), "", { mode: 0o600 });
    expect(checkHome(home)).toEqual([]);
    expect(codesOf(checkHome(join(home, "none")))).toEqual(["note home-missing"]);
  });

  test("that others can read is told, each path with what to do", () => {
    const home = useTempHome();
    writeFileSync(join(home, "master.key"), "");
    chmodSync(join(home, "master.key"), 0o644);
    chmodSync(home, 0o755);
    const findings = checkHome(home);
    expect(codesOf(findings)).toEqual(["warning home-open", "warning home-open"]);
    expect(findings[1]?.remedy).toBe(`chmod go-rwx ${join(home, "master.key")}`);
  });

  test("that is a file is an error", () => {
    const path = join(useTempHome(), "file");
    writeFileSync(path, "");
    expect(codesOf(checkHome(path))).toEqual(["error home-no-folder"]);
  });
});

describe("the stores", () => {
  function homeWithStore(): string {
    const home = useTempHome();
    writeFileSync(join(home, "daemon.sqlite"), "");
    return home;
  }

  test("that are sound are fine, and those that are not there are not opened", () => {
    const desk = aDesk({ home: homeWithStore() });
    expect(checkStores({ ...desk, settings: () => Promise.reject(new Error("opened")) as never })).toEqual([]);
  });

  test("that are damaged or newer are told as what they are", () => {
    const desk = aDesk({ home: homeWithStore() });
    const damaged = { ...desk.daemonStore, damage: () => ["row 3 missing from index"] };
    expect(codesOf(checkStores({ ...desk, runtime: () => damaged }))).toEqual(["error store-damaged"]);
    const newer = () => {
      throw new StoreError("newer-file", "daemon.sqlite is newer.", "Use the newer program.");
    };
    expect(checkStores({ ...desk, runtime: newer })).toEqual([
      {
        code: "store-newer-file",
        severity: "error",
        text: "daemon.sqlite is newer.",
        remedy: "Use the newer program.",
      },
    ]);
  });
});

describe("the sign-ins", () => {
  test("that need their owner say so, worse for those in the pool, with the name to use", () => {
    const desk = aDesk();
    const signIn = { state: "needed", reason: "refresh-token-expired", sinceMs: 0 } as const;
    desk.settingsStore.addProfile(aProfile({ selected: true, signIn }), aCredential());
    const [found] = checkSignIns(desk, []);
    expect(found).toMatchObject({ severity: "error", code: "needs-sign-in" });
    expect(found?.remedy).toContain("codexuse profile refresh Work");
  });

  test("of one account are noted", () => {
    const desk = aDesk();
    desk.settingsStore.addProfile(aProfile(), aCredential());
    const second = aProfile({ id: "profile-2", name: "Twin", createdAtMs: 2_000 });
    desk.settingsStore.addProfile(second, aCredential({ refreshToken: "refresh-2" }));
    expect(codesOf(checkSignIns(desk, []))).toEqual(["note duplicate"]);
  });

  test("that share a refresh token with another profile or program are errors, and nothing secret is said (trap 22)", () => {
    const desk = aDesk();
    const account = createSimulator().addChatgptAccount({ name: "alpha" });
    const login = account.authJson();
    const refreshToken = String((login as { tokens?: { refresh_token?: string } }).tokens?.refresh_token);
    const path = join(useTempHome(), "auth.json");
    writeFileSync(path, JSON.stringify(login));
    desk.settingsStore.addProfile(aProfile(), aCredential({ refreshToken }));
    const other = aProfile({ id: "profile-2", name: "Copy", accountKey: "account-2", userId: "user-2" });
    desk.settingsStore.addProfile(other, aCredential({ refreshToken }));
    const findings = checkSignIns(desk, [path, join(path, "..", "absent.json")]);
    expect(codesOf(findings)).toEqual(["error refresh-token-shared", "error refresh-token-shared"]);
    expect(findings.some(({ text }) => text.includes(path))).toBe(true);
    expect(JSON.stringify(findings)).not.toContain(refreshToken);
  });

  test("that are linked to a file that is gone or of no use say which file", () => {
    const desk = aDesk();
    const path = join(useTempHome(), "auth.json");
    desk.settingsStore.addProfile(
      aProfile({ ownership: "linked", linkPath: path }),
      aCredential({ refreshToken: null }),
    );
    expect(codesOf(checkSignIns(desk, []))).toEqual(["warning link-missing"]);
    writeFileSync(path, "{}");
    expect(codesOf(checkSignIns(desk, []))).toEqual(["warning link-unusable"]);
  });
});

describe("the runtimes", () => {
  test("are fine when nobody serves, and a program at the port is named", async () => {
    const desk = aDesk({ home: useTempHome() });
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("mine") });
    onTestFinished(() => server.stop(true));
    const free = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const { port: freePort = 0 } = free;
    await free.stop(true);
    expect(await checkRuntimes(desk, () => at(freePort))).toEqual([]);
    const findings = await checkRuntimes(desk, (runtime) => at(runtime === "daemon" ? (server.port ?? 0) : freePort));
    expect(codesOf(findings)).toEqual(["error port-taken"]);
    expect(findings[0]?.text).toContain(`Port ${server.port}`);
  });
});

describe("the service", () => {
  test("that is not installed is no fault, and one whose program is gone is an error", () => {
    const folder = useTempHome();
    const view = { env: { XDG_CONFIG_HOME: folder, PATH: folder }, homedir: folder, home: folder, nowMs: DESK_NOW_MS };
    expect(checkService(view)).toEqual([]);
    const place = join(folder, "systemd", "user");
    mkdirSync(place, { recursive: true });
    const unit = (program: string) => `X-Codexuse=installed\nExecStart=${program} daemon run\n`;
    writeFileSync(join(place, "codexuse.service"), unit('"/gone/a b%%/codexuse"'));
    expect(checkService(view)).toMatchObject([
      { severity: "error", code: "service-program-missing", text: expect.stringContaining("/gone/a b%/codexuse") },
    ]);
    writeFileSync(join(place, "codexuse.service"), unit(process.execPath));
    expect(codesOf(checkService(view))).toEqual(["warning service-unknown"]);
    writeFileSync(join(place, "codexuse.service"), "ExecStart=/gone/of/somebody/else\n");
    expect(checkService(view)).toEqual([]);
  });
});

describe("the clients", () => {
  test("that point at a port of ours are fine, others are told", () => {
    const path = join(useTempHome(), "config.toml");
    expect(checkClients(path, () => at(3773))).toEqual([]);
    const pool = { baseUrl: "http://127.0.0.1:4000/v1", keyVariable: "K", models: [] };
    const edit = CODEX_EDITOR.add("", pool);
    writeFileSync(path, edit.kind === "edited" ? edit.text : "");
    expect(checkClients(path, (runtime) => at(runtime === "daemon" ? 4000 : 3774))).toEqual([]);
    expect(codesOf(checkClients(path, () => at(3773)))).toEqual(["warning client-elsewhere"]);
    writeFileSync(path, "not = = toml");
    expect(checkClients(path, () => at(3773))).toEqual([]);
  });
});

const HOSTS: readonly Host[] = [
  { name: "One", url: "https://one.example/a", severity: "error" },
  { name: "Two", url: "https://two.example/b", severity: "note" },
];

describe("the network", () => {
  const answerWith = (status: number, date?: string): Upstream => ({
    send: () => Promise.resolve({ status, headers: new Headers(date === undefined ? {} : { date }), body: null }),
  });
  const at = (offsetMs: number) => new Date(DESK_NOW_MS + offsetMs).toUTCString();
  const rows: Readonly<Record<string, { upstream: Upstream; codes: string[] }>> = {
    "answers, whatever it says": { upstream: answerWith(403, at(0)), codes: [] },
    "answers without a clock": { upstream: answerWith(404), codes: [] },
    "fails on the other side": { upstream: answerWith(503), codes: ["note host-failing", "note host-failing"] },
    "has a proxy that refuses": { upstream: answerWith(407), codes: ["error proxy-refuses", "note proxy-refuses"] },
    "has a clock a little apart": { upstream: answerWith(200, at(-90_000)), codes: ["warning clock-skew"] },
    "has a clock far apart": { upstream: answerWith(200, at(3_600_000)), codes: ["error clock-skew"] },
    "cannot be reached": {
      upstream: { send: () => Promise.reject(new TransportError("dns")) },
      codes: ["error unreachable", "note unreachable"],
    },
    "does not answer in time": {
      upstream: { send: () => Promise.reject(new DOMException("slow", "TimeoutError")) },
      codes: ["error unreachable", "note unreachable"],
    },
  };
  for (const [name, { upstream, codes }] of Object.entries(rows)) {
    test(name, async () => {
      expect(codesOf(await checkNetwork({ ...aDesk(), upstream: () => upstream }, HOSTS))).toEqual(codes);
    });
  }

  test("sends nothing but a bare question", async () => {
    const sent: unknown[] = [];
    const upstream: Upstream = {
      send: (request) => {
        sent.push([request.method, request.url, request.headers, request.body]);
        return Promise.resolve({ status: 200, headers: new Headers(), body: null });
      },
    };
    await checkNetwork({ ...aDesk(), upstream: () => upstream }, HOSTS);
    expect(sent).toEqual(HOSTS.map(({ url }) => ["GET", url, { accept: "*/*" }, null]));
  });
});

describe("codexuse doctor", () => {
  const upstream = () => ({ send: () => Promise.resolve({ status: 200, headers: new Headers(), body: null }) });

  test("ends with 0 when nothing is broken and 1 when something is, and says so in one document", async () => {
    const home = useTempHome();
    const desk = { ...aDesk({ home }), upstream };
    for (const runtime of ["daemon", "desktop"] as const) desk.runtime(runtime).setPort(1);
    const env = { CODEX_HOME: home, XDG_CONFIG_HOME: home };
    const fine = await runCli("doctor --json", { desk, env });
    expect(JSON.parse(fine.stdout)).toMatchObject({ ok: true, home, findings: expect.any(Array) });
    expect(fine.code).toBe(0);
    const broken = await runCli("doctor --json", { desk, env: { ...env, HTTPS_PROXY: "socks5://here:1" } });
    const document = JSON.parse(broken.stdout);
    expect(document.findings).toContainEqual({
      check: "network",
      code: "proxy-unsupported",
      severity: "error",
      text: "HTTPS_PROXY names a SOCKS proxy, which cannot be used.",
      remedy: "Give an HTTP proxy.",
    });
    expect([document.ok, broken.code]).toEqual([false, 1]);
  });

  test("asks Telegram only where a bot listens", async () => {
    const home = useTempHome();
    const asked: string[] = [];
    const desk = aDesk({ home });
    const recording = {
      ...desk,
      endpoints: { ...desk.endpoints, telegramUrl: "https://bots.example" },
      upstream: () => ({
        send: (request: { url: string }) => {
          asked.push(request.url);
          return upstream().send();
        },
      }),
    };
    const telegramAsked = async () => {
      asked.length = 0;
      await runCli("doctor --json", { desk: recording, env: { CODEX_HOME: home, XDG_CONFIG_HOME: home } });
      return asked.includes("https://bots.example");
    };
    // The look for a runtime's file comes before the look into it.
    writeFileSync(join(home, "daemon.sqlite"), "");
    expect(await telegramAsked()).toBe(false);
    desk.daemonStore.setRemote({ bot: "pool_bot", code: null });
    expect(await telegramAsked()).toBe(true);
  });

  test("fits a terminal of 80 columns and has a line for every check", async () => {
    const home = useTempHome();
    const desk = { ...aDesk({ home }), upstream };
    const run = await runCli("doctor", {
      desk,
      env: { CODEX_HOME: home, HTTPS_PROXY: "socks5://here:1" },
      terminal: { columns: 80, colours: false },
    });
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
    const names = checksOf(desk, { env: {}, homedir: home, codexHome: home }).map(({ name }) => name);
    expect(names.filter((name) => !lines.some((line) => line.includes(` ${name} `)))).toEqual([]);
  });
});
