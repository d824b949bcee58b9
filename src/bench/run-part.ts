/** What is a process of the bench beside the one that measures? Each says its port in one line and ends with its parent. */

import type { Environment } from "../ports.ts";
import { type BareProxyOptions, serveBareProxy, serveReadingProxy } from "./bare-proxy.ts";
import { servePretendUpstream } from "./pretend-upstream.ts";
import { serveSimulatedUpstream } from "./simulated-upstream.ts";

export const PARTS = ["pretend-upstream", "simulator", "bare-proxy", "reading-proxy"] as const;
export type Part = (typeof PARTS)[number];

/** The ports by their names. */
async function startPart(part: Part, env: Environment): Promise<object> {
  switch (part) {
    case "pretend-upstream": {
      const port = servePretendUpstream();
      return { port, sayPort: port };
    }
    case "simulator":
      return serveSimulatedUpstream(Number(env["BENCH_ACCOUNTS"]));
    case "bare-proxy":
      return { port: serveBareProxy(proxyOptions(env)) };
    case "reading-proxy":
      return { port: serveReadingProxy(proxyOptions(env)) };
  }
}

function proxyOptions(env: Environment): BareProxyOptions {
  return {
    upstreamUrl: env["BENCH_UPSTREAM_URL"] ?? "",
    token: env["BENCH_TOKEN"] ?? "",
    accountId: env["BENCH_ACCOUNT_ID"] ?? "",
  };
}

/** Returns when standard input has ended, which it does with the parent, however that may end. */
export async function runPart(part: Part, env: Environment, say: (line: string) => Promise<void>): Promise<void> {
  await say(`${JSON.stringify(await startPart(part, env))}\n`);
  for await (const _ of Bun.stdin.stream());
}
