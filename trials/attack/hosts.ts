/** What a page in the owner's browser, or a name that was bent to point here, can try (trap 43). */
import { sendRaw } from "../support/raw-client.ts";
import { withDaemon } from "../support/with-daemon.ts";
import type { Trial } from "../trial.ts";

export const HOSTS: readonly string[] = [
  ...[
    "",
    " ",
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil-localhost",
  ],
  ...[
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "localhost.",
    "localhost:PORT.evil.example",
    "localhost:PORT:PORT",
  ],
  ...["0.0.0.0", "127.0.0.2", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::2]", "[::ffff:127.0.0.1]", "[::]"],
  ...[
    "::1",
    "[::1",
    "[::1].evil.example",
    "localhost,evil.example",
    "localhost evil.example",
    "localhost\tevil",
    "localhost:999999",
  ],
  ...["xn--localhost-9za", "lоcalhost", "localhost\u0000", "LOCALHOST.LOCALDOMAIN", "router.local", "*", "null"],
];

export const ORIGINS: readonly string[] = [
  ...["null", "http://evil.example", "https://127.0.0.1:PORT", "http://127.0.0.1.evil.example", "http://localhost:1"],
  ...[
    "http://127.0.0.1:PORT@evil.example",
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT.evil.example",
    "file://",
    "data:",
  ],
  ...[
    "chrome-extension://abcdef",
    "moz-extension://abcdef",
    "http://[::1]:PORT",
    "HTTP://EVIL.EXAMPLE",
    "http://127.0.0.1",
  ],
  ...[
    " http://evil.example",
    "http://127.0.0.1:PORT, http://evil.example",
    "http://localhost:PORT\\@evil.example",
    "*",
    "about:blank",
  ],
];

const ROUTES: readonly (readonly [string, string])[] = [
  ["GET", "/healthz"],
  ["GET", "/v1/models"],
  ["POST", "/v1/responses"],
  ["OPTIONS", "/v1/responses"],
];

function headOf(method: string, path: string, key: string, lines: readonly string[]): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    ...lines,
    `Authorization: Bearer ${key}`,
    "Connection: close",
    "Content-Length: 0",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "utf8");
}

async function run() {
  return withDaemon({ accounts: 1 }, async ({ home, daemon, breaches }) => {
    const here = `127.0.0.1:${daemon.port}`;
    const fill = (text: string) => text.replaceAll("PORT", String(daemon.port));
    let tried = 0;
    const tryHead = async (what: string, method: string, path: string, lines: readonly string[]) => {
      tried += 1;
      const call = sendRaw(daemon.port, headOf(method, path, home.key, lines));
      await call.over;
      const text = call.text();
      breaches.expect(
        [400, 403].includes(call.status()),
        `${method} ${path} with ${JSON.stringify(what)} got ${call.status()}`,
      );
      breaches.expect(!/access-control-allow/i.test(text), `${JSON.stringify(what)} is told that it may read`);
    };
    for (const [method, path] of ROUTES) {
      for (const host of HOSTS) await tryHead(`host ${host}`, method, path, [`Host: ${fill(host)}`]);
      for (const origin of ORIGINS) {
        // The address bar's own spelling of this very server is not foreign.
        await tryHead(`origin ${origin}`, method, path, [`Host: ${here}`, `Origin: ${fill(origin)}`]);
      }
    }
    const own = sendRaw(
      daemon.port,
      headOf("GET", "/v1/models", home.key, [`Host: ${here}`, `Origin: http://${here}`]),
    );
    await own.over;
    breaches.expect(own.status() === 200, `its own origin got ${own.status()}`);
    breaches.expect(home.sim.turnsOf().length === 0, "a turn went upstream");
    return {
      name: "hosts and origins",
      tried: `${tried} foreign heads`,
      found: "all refused with 403 or 400, none may read",
    };
  });
}

export const hostsTrial: Trial = { name: "hosts and origins", run };
