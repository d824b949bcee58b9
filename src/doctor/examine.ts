/** Is everything as it should be? Gathers the checks, one after the other, and lets none of them end the others. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Desk } from "../operations/operation.ts";
import { type Places, placesOf } from "../operations/runtime-address.ts";
import { type Environment, RUNTIMES, type Runtime, type RuntimeStore } from "../ports.ts";
import { StoreError } from "../store/store-error.ts";
import { checkClients } from "./check-clients.ts";
import { checkHome } from "./check-home.ts";
import { checkNetwork, type Host } from "./check-network.ts";
import { checkRuntimes } from "./check-runtimes.ts";
import { checkService } from "./check-service.ts";
import { checkSignIns } from "./check-sign-ins.ts";
import { checkStores } from "./check-stores.ts";
import { type Check, type Finding, finding } from "./finding.ts";

export interface Surroundings {
  readonly env: Environment;
  readonly homedir: string;
  readonly codexHome: string;
}

export interface Examined {
  readonly name: string;
  readonly fine: string;
  readonly findings: readonly Finding[];
}

/** What the runtime's store says, if there is one; one that cannot be opened has a check of its own. */
function readRuntime<Answer>(desk: Desk, runtime: Runtime, read: (store: RuntimeStore) => Answer): Answer | null {
  if (!existsSync(join(desk.home, `${runtime}.sqlite`))) return null;
  try {
    return read(desk.runtime(runtime));
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/** Whether a bot listens; nobody else has any business with Telegram. */
function hasBot(desk: Desk): boolean {
  return RUNTIMES.some((runtime) => (readRuntime(desk, runtime, (store) => store.remote().bot) ?? null) !== null);
}

function hasSettings(desk: Desk): boolean {
  return existsSync(join(desk.home, "settings.sqlite"));
}

/** What is needed for the sign-ins there are is an error when it cannot be reached, and else worth a note. */
function hostsOf(desk: Desk): Host[] {
  const kinds = new Set(
    hasSettings(desk)
      ? desk
          .settings()
          .profiles()
          .map((profile) => profile.kind)
      : [],
  );
  const { chatgptUrl, authUrl, openaiUrl, telegramUrl } = desk.endpoints;
  const chatgpt = kinds.has("chatgpt") || kinds.size === 0 ? "error" : "note";
  return [
    { name: "ChatGPT", url: chatgptUrl, severity: chatgpt },
    { name: "The sign-in service", url: authUrl, severity: chatgpt },
    { name: "OpenAI's API", url: openaiUrl, severity: kinds.has("api-key") ? "error" : "note" },
    ...(hasBot(desk) ? [{ name: "Telegram", url: telegramUrl, severity: "note" } as const] : []),
  ];
}

function checkProxy(env: Environment): Finding[] {
  const socks = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"].find((name) => env[name]?.startsWith("socks"));
  if (socks === undefined) return [];
  const text = `${socks} names a SOCKS proxy, which cannot be used.`;
  return [finding("error", "proxy-unsupported", text, "Give an HTTP proxy.")];
}

export function checksOf(desk: Desk, around: Surroundings): Check[] {
  const places = (runtime: Runtime): Places =>
    readRuntime(desk, runtime, (store) => placesOf(runtime, store, null)) ?? placesOf(runtime, null, null);
  const { env, homedir, codexHome } = around;
  const authJson = join(codexHome, "auth.json");
  return [
    { name: "home", fine: `${desk.home} is yours alone`, run: () => checkHome(desk.home) },
    { name: "stores", fine: "every database is sound", run: () => checkStores(desk) },
    {
      name: "sign-ins",
      fine: "every profile can be used and owns its sign-in",
      run: () => (hasSettings(desk) ? checkSignIns(desk, [authJson]) : []),
    },
    { name: "runtimes", fine: "ports are free or ours", run: () => checkRuntimes(desk, places) },
    {
      name: "service",
      fine: "nothing installed is down",
      run: () => checkService({ env, homedir, home: desk.home, nowMs: desk.clock.now() }),
    },
    { name: "clients", fine: "clients point here", run: () => checkClients(join(codexHome, "config.toml"), places) },
    {
      name: "network",
      fine: "every host answers, and the clock is right",
      run: async () => [...checkProxy(env), ...(await checkNetwork(desk, hostsOf(desk)))],
    },
  ];
}

/** A check that cannot be made is a finding, too: of the store, whose own check has told it already. */
async function examineOne(check: Check): Promise<Examined> {
  const { name, fine } = check;
  try {
    return { name, fine, findings: await check.run() };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { name, fine, findings: [finding("error", "not-checked", `Not checked: ${error.problem}`, error.hint)] };
  }
}

export async function examine(desk: Desk, around: Surroundings): Promise<Examined[]> {
  const examined: Examined[] = [];
  for (const check of checksOf(desk, around)) examined.push(await examineOne(check));
  return examined;
}
