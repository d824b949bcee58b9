/** Who may see the Settings page's data, and who may change anything? Nobody but a browser that came with a link (trap 43). */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { OPERATIONS } from "../../src/operations/list.ts";
import { hashPoolKey } from "../../src/operations/pool-key.ts";
import { browserWith, cookieOf, letIn, linkTo } from "../support/page-browser.ts";
import { type Pool, startPool } from "../support/start-pool.ts";

/** One request with exactly this head and body; fetch would not let us lie about the host. */
function sendRaw(port: number, head: readonly string[], body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (data) => {
    answer += data.toString();
  });
  socket.on("close", () => resolve(answer));
  socket.on("error", reject);
  socket.write(`${head.join("\r\n")}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  return promise;
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** Null leaves the header out. */
  readonly origin?: string | null;
  readonly site?: string | null;
  readonly type?: string | null;
  readonly cookie?: string | null;
  readonly body?: string;
}

/** What a good request is; each hostile one differs in what its row says. */
async function askAs(pool: Pool, cookie: string, change: Ask): Promise<string> {
  const { host } = new URL(pool.origin);
  const whole = { method: "POST", path: "/operations/account-pool.disable", host, body: "{}", ...change };
  const lines: Record<string, string | null> = {
    Origin: pool.origin,
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/json",
    Cookie: cookie,
    ...(change.origin === undefined ? {} : { Origin: change.origin }),
    ...(change.site === undefined ? {} : { "Sec-Fetch-Site": change.site }),
    ...(change.type === undefined ? {} : { "Content-Type": change.type }),
    ...(change.cookie === undefined ? {} : { Cookie: change.cookie }),
  };
  const named = Object.entries(lines).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  const head = [`${whole.method} ${whole.path} HTTP/1.1`, `Host: ${whole.host}`, ...named];
  return await sendRaw(Number(new URL(pool.origin).port), head, whole.body);
}

const STRANGE_ID = "A".repeat(43);
const READ = { method: "GET", origin: null, type: null, body: "" } as const;

/** What the row is about, how it differs from the page's own request, and the status it gets. */
const HOSTILE: readonly (readonly [string, Ask, number])[] = [
  ["a name that was bent to point here", { host: "evil.example" }, 403],
  ["a host that begins like ours", { host: "127.0.0.1.evil.example" }, 403],
  ["a host with a user in it", { host: "127.0.0.1@evil.example" }, 403],
  ["a host in another spelling of the address", { host: "2130706433" }, 403],
  ["another address of this machine", { host: "127.0.0.2" }, 403],
  ["a foreign page", { origin: "https://evil.example" }, 403],
  ["a foreign page whose name begins like ours", { origin: "http://127.0.0.1.evil.example" }, 403],
  ["a sandboxed frame", { origin: "null" }, 403],
  ["a page from the disk", { origin: "file://" }, 403],
  ["an extension", { origin: "chrome-extension://abcdefghij" }, 403],
  ["our own host, encrypted", { origin: "https://127.0.0.1" }, 403],
  ["another server of this machine", { origin: "http://127.0.0.1:1" }, 403],
  ["another server of this machine, by another name", { origin: "http://localhost:1" }, 403],
  ["a form of a foreign page, whose browser tells no origin", { origin: null, site: "cross-site" }, 403],
  ["a form of another server of this machine", { origin: null, site: "same-site" }, 403],
  ["a browser that lies about the origin only", { site: "cross-site" }, 403],
  ["a program without an origin", { origin: null, site: null }, 403],
  ["no cookie", { cookie: null }, 401],
  ["an empty cookie", { cookie: "codexuse_page=" }, 401],
  ["a cookie that was never given", { cookie: `codexuse_page=${STRANGE_ID}` }, 401],
  ["a cookie of another name", { cookie: `codexuse_pages=${STRANGE_ID}` }, 401],
  ["a cookie that tries to be more than one line of a query", { cookie: `codexuse_page=' OR 1=1 --` }, 401],
  ["a key instead of a cookie", { cookie: "Authorization=Bearer cux_pool_x" }, 401],
  ["text, which every page may send", { type: "text/plain" }, 400],
  ["a form, which every page may send", { type: "application/x-www-form-urlencoded", body: "{}=" }, 400],
  ["a form with files, which every page may send", { type: "multipart/form-data; boundary=x" }, 400],
  ["text that says it is almost JSON", { type: "text/plain; charset=application/json" }, 400],
  ["no type at all", { type: null }, 400],
  ["a body that is no JSON", { body: "{" }, 400],
  ["an input of another form", { body: "[1]" }, 400],
  [
    "an operation for the terminal only: exporting",
    { path: "/operations/profile.export", body: '{"name":"alpha","to":"/x"}' },
    404,
  ],
  [
    "an operation for the terminal only: the master key",
    { path: "/operations/profile.rekey", body: '{"key_in":null}' },
    404,
  ],
  ["no operation", { path: "/operations/constructor" }, 404],
  ["a path out of the operations", { path: "/operations/..%2f..%2fetc" }, 404],
  ["a change by GET", { ...READ, path: "/operations/account-pool.disable" }, 404],
  ["reading without a cookie", { ...READ, path: "/operations/session", cookie: null }, 401],
  ["reading events without a cookie", { ...READ, path: "/operations/events", cookie: null }, 401],
  [
    "reading by a script of another server of this machine",
    { ...READ, path: "/operations/session", site: "same-site" },
    403,
  ],
  ["reading events from a foreign page", { ...READ, path: "/operations/events", site: "cross-site" }, 403],
];

describe("the page's door", () => {
  test("refuses whoever is not the page, and changes nothing for them (trap 43)", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const { cookie } = await letIn(pool);
    for (const [name, change, status] of HOSTILE) {
      const answer = await askAs(pool, cookie, change);
      expect([name, answer.split("\r\n", 1)[0]?.split(" ")[1]]).toEqual([name, String(status)]);
      const [head = "", body = ""] = answer.split("\r\n\r\n");
      expect([name, head.toLowerCase().includes("access-control-")]).toEqual([name, false]);
      expect([name, body.includes("alpha")]).toEqual([name, false]);
    }
    expect(pool.desk.settings().pool().enabled).toBe(true);
    expect(await askAs(pool, cookie, {})).toContain('"before":{"enabled":true},"after":{"enabled":false}');
  });

  test("takes this machine's other names, and the port of a tunnel", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const { cookie } = await letIn(pool);
    for (const host of ["localhost:8080", "127.0.0.1:9000", "[::1]:80"]) {
      const answer = await askAs(pool, cookie, { host, origin: `http://${host}` });
      expect([host, answer.split("\r\n", 1)[0]]).toEqual([host, "HTTP/1.1 200 OK"]);
    }
  });

  test("finds its cookie beside others of the same name, which other servers of this machine can set", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const { cookie } = await letIn(pool);
    const beside = await askAs(pool, cookie, { cookie: `a=b; codexuse_page=${STRANGE_ID}; ${cookie}; c=d` });
    expect(beside).toStartWith("HTTP/1.1 200 OK");
  });
});

const CANARY = "canary-2b7e";
const ODD_INPUTS: readonly unknown[] = [
  null,
  0,
  "x",
  [],
  {},
  { runtime: "desktop" },
  { runtime: "__proto__", name: "__proto__", id: "__proto__" },
  { name: "\u0000", new_name: "../../x", id: "' OR 1=1 --", percent: 1e308, port: -1 },
  { name: "x".repeat(100_000), profiles: ["x".repeat(100_000)], models: [""], runtime: "daemon" },
  { path: "/nonexistent/\u0000", name: null },
  { path: "/", name: null },
  { mode: "device", flow: {}, name: [] },
  { name: "new", proxy: null, method: "api-key", secret: CANARY, timeout_s: null },
  { name: "alpha", method: "access-token", secret: CANARY, timeout_s: null },
  { name: "alpha", proxy: `nonsense://me:${CANARY}@host:port` },
];

describe("an operation", () => {
  test("refuses odd inputs, never fails over them, and repeats no secret (trap 48)", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const browser = await letIn(pool);
    const names = [...OPERATIONS.map(({ name }) => name), "sign-in", "cancel-sign-in"];
    for (const name of names) {
      for (const input of ODD_INPUTS) {
        const answer = await browser.post(name, input);
        const text = await answer.text();
        expect([name, input, answer.status < 500]).toEqual([name, input, true]);
        expect([name, text.includes(CANARY)]).toEqual([name, false]);
      }
    }
    expect(pool.events.filter(({ kind }) => kind === "internal-error")).toEqual([]);
  });
});

describe("a link", () => {
  test("lets one browser in, once: of two at the same time one wins", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const link = linkTo(pool);
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(link, { redirect: "manual" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 401, 401, 401, 401, 401, 401, 401]);
    const cookies = answers.map(cookieOf).filter((cookie) => cookie !== "");
    expect(cookies).toHaveLength(1);
    expect((await browserWith(pool, cookies[0] ?? "").get("/operations/session")).status).toBe(200);
  });

  test("leads to the page without the token in its address, with a cookie that scripts and other sites do not get", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const answer = await fetch(linkTo(pool), { redirect: "manual" });
    expect(answer.headers.get("location")).toBe("/");
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^codexuse_page=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  test.each([
    ["an empty one", ""],
    ["one that was never made", "x".repeat(43)],
    ["one that is too long", "x".repeat(9_000)],
    ["one that is not of its form", "'; DROP TABLE page_tokens; --"],
  ])("that is made up lets nobody in: %s", async (_, token) => {
    const pool = await startPool({ runtime: "desktop" });
    const answer = await fetch(`${pool.origin}/?token=${encodeURIComponent(token)}`, { redirect: "manual" });
    expect([answer.status, cookieOf(answer)]).toEqual([401, ""]);
    expect(await answer.text()).toContain("<!doctype html>");
  });

  test("is not spent by who only looks at it", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const link = linkTo(pool);
    const looks = await Promise.all([
      fetch(link, { method: "HEAD", redirect: "manual" }),
      fetch(link, { headers: { "sec-purpose": "prefetch" }, redirect: "manual" }),
    ]);
    expect(looks.map((look) => [look.status, cookieOf(look)])).toEqual([
      [200, ""],
      [200, ""],
    ]);
    expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
  });

  test("that was used already leads a browser that is in to the page, and keeps its session", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const link = linkTo(pool);
    const browser = browserWith(pool, cookieOf(await fetch(link, { redirect: "manual" })));
    const again = await fetch(link, { redirect: "manual", headers: { cookie: browser.cookie } });
    expect([again.status, cookieOf(again)]).toEqual([303, ""]);
    expect((await browser.get("/operations/session")).status).toBe(200);
  });

  test("and its cookie are on the disk by their hashes only, or not at all (trap 48)", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const link = linkTo(pool);
    const token = new URL(link).searchParams.get("token") ?? "";
    const files = () =>
      ["desktop.sqlite", "desktop.sqlite-wal"].map((name) => readFileSync(join(pool.home, name)).toString("latin1"));
    expect(files().some((text) => text.includes(hashPoolKey(token)))).toBe(true);
    expect(files().some((text) => text.includes(token))).toBe(false);
    const [, id = ""] = cookieOf(await fetch(link, { redirect: "manual" })).split("=");
    expect(id).toHaveLength(43);
    expect(files().some((text) => text.includes(id))).toBe(false);
    expect(JSON.stringify(pool.events)).not.toContain(token);
  });
});

describe("a browser without a session", () => {
  test("gets the empty shell and its files, which hold nothing of the pool, under a policy that lets it do nothing else", async () => {
    const pool = await startPool({ runtime: "desktop", accounts: ["a-telling-name"] });
    await letIn(pool);
    const shell = await fetch(pool.origin);
    const html = await shell.text();
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(1);
    expect(paths.filter((path) => !/^\/assets\/[\w.-]+$/.test(path))).toEqual([]);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style="/);
    for (const path of paths) {
      const asset = await fetch(`${pool.origin}${path}`);
      expect([path, asset.status]).toEqual([path, 200]);
      expect(asset.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await asset.text()).not.toContain("a-telling-name");
    }
    expect(html).not.toContain("a-telling-name");
    const { headers } = shell;
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test("is told how to get one, in the words of the page", async () => {
    const pool = await startPool({ runtime: "desktop" });
    const answer = await browserWith(pool, "").get("/operations/session");
    const hint = "Open the page with: codexuse desktop";
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: { reason: "no-session", message: "This browser has not been let in.", hint } },
    ]);
  });

  test.each(["/assets/", "/assets/..", "/assets/%2e%2e%2fpackage.json", "/assets/index.html", "/assets/nothing.js"])(
    "finds no other file: %s",
    async (path) => {
      const pool = await startPool({ runtime: "desktop" });
      const answer = await fetch(`${pool.origin}${path}`);
      // A path that leads up leads to the shell itself.
      if (answer.status === 200) expect(answer.headers.get("content-type")).toContain("text/html");
      else expect(answer.status).toBe(404);
    },
  );
});

describe("the daemon", () => {
  test("has no page: it says what it is, and takes no link", async () => {
    const pool = await startPool({ runtime: "daemon" });
    const answer = await fetch(`${pool.origin}/?token=${"x".repeat(43)}`);
    expect([answer.status, cookieOf(answer)]).toEqual([200, ""]);
    expect(await answer.json()).toMatchObject({
      name: "codexuse",
      runtime: "daemon",
      settings_page: "codexuse desktop",
    });
    const answers = await Promise.all([
      fetch(`${pool.origin}/operations/session`),
      fetch(`${pool.origin}/operations/events`),
      fetch(`${pool.origin}/assets/index.js`),
      fetch(`${pool.origin}/operations/account-pool.disable`, {
        method: "POST",
        headers: { origin: pool.origin, "content-type": "application/json" },
        body: "{}",
      }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(pool.desk.settings().pool().enabled).toBe(true);
  });
});
