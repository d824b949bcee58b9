/**
 * Where does an account's model traffic go?
 *
 * Upstream may bind a workspace to an origin and a region of its own. Asked once per account and remembered for a while;
 * an old answer keeps serving while a new one is fetched, and failure means the defaults: routing never blocks a turn for
 * longer than its own short deadline.
 */
import type { Clock, Endpoints, ProfileRecord, Upstream } from "../ports.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { ANSWER_BYTES_MAX, ask } from "./ask.ts";
import { chatgptHeaders, clientHeaders } from "./codex-client.ts";
import { asFields, readField, readText } from "./json-fields.ts";
import { unlessAborted } from "./waiting.ts";

export interface WorkspaceRouting {
  /** Origin of model traffic, such as `https://eu.example.com`; null for the usual one. */
  readonly origin: string | null;
  /** Value of `x-openai-account-routing-override`; null for none. */
  readonly override: string | null;
}

const DEFAULT_ROUTING: WorkspaceRouting = { origin: null, override: null };

export interface WorkspaceRouter {
  /** Never fails: the defaults stand in. Rejects only with the reason of `signal`. A promise only where it has to be asked for. */
  routingOf(
    profile: ProfileRecord,
    accessToken: string,
    signal: AbortSignal,
  ): WorkspaceRouting | Promise<WorkspaceRouting>;
  /** Drops what is known of an account, because its sign-in has changed or was refused. */
  forget(accountKey: string): void;
}

export interface WorkspaceRouterOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly endpoints: Endpoints;
}

const TIMEOUT_MS = 5_000;
const GOOD_FOR_MS = 60 * 60_000;
/** After a failure the defaults stand for this long, so that a broken endpoint is not asked on every turn. */
const FAILED_FOR_MS = 5 * 60_000;
const NO_CONSTRAINT = "NO_CONSTRAINT";

interface Known {
  readonly routing: WorkspaceRouting;
  readonly untilMs: number;
}

interface Router extends WorkspaceRouterOptions {
  /** Both by account key; entries leave with `forget`, and there is one for each account that was used. */
  readonly known: Map<string, Known>;
  readonly running: Map<string, Promise<WorkspaceRouting>>;
}

export function createWorkspaceRouter(options: WorkspaceRouterOptions): WorkspaceRouter {
  const router: Router = { ...options, known: new Map(), running: new Map() };
  return {
    routingOf(profile, accessToken, signal) {
      if (profile.workspaceId === null) return DEFAULT_ROUTING;
      const known = router.known.get(profile.accountKey);
      if (known !== undefined && known.untilMs > router.clock.now()) return known.routing;
      const fetching = fetchOnce(router, profile, profile.workspaceId, accessToken);
      return known === undefined ? unlessAborted(fetching, signal) : known.routing;
    },
    forget: (accountKey) => {
      router.known.delete(accountKey);
    },
  };
}

function fetchOnce(
  router: Router,
  profile: ProfileRecord,
  workspaceId: string,
  accessToken: string,
): Promise<WorkspaceRouting> {
  const key = profile.accountKey;
  const running = router.running.get(key);
  if (running !== undefined) return running;
  const fetching = fetchRouting(router, profile, workspaceId, accessToken).then((fetched) => {
    const routing = fetched ?? router.known.get(key)?.routing ?? DEFAULT_ROUTING;
    router.known.set(key, { routing, untilMs: router.clock.now() + (fetched === null ? FAILED_FOR_MS : GOOD_FOR_MS) });
    router.running.delete(key);
    return routing;
  });
  router.running.set(key, fetching);
  return fetching;
}

async function fetchRouting(
  router: Router,
  profile: ProfileRecord,
  workspaceId: string,
  accessToken: string,
): Promise<WorkspaceRouting | null> {
  const { chatgptUrl } = router.endpoints;
  const asked = await ask(
    router,
    {
      method: "GET",
      url: `${chatgptUrl}/wham/accounts/check`,
      headers: { ...clientHeaders(), ...chatgptHeaders(accessToken, workspaceId, profile.fedramp) },
      body: null,
      proxyUrl: profile.proxyUrl,
    },
    { timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX },
  );
  if (asked.kind !== "answered" || asked.status !== 200) return null;
  return parseAccountsCheck(parseJson(asked.text), workspaceId, isLoopback(new URL(chatgptUrl)));
}

/**
 * The routing of one workspace out of an `accounts/check` answer; null when the answer has no entry for it, has several,
 * or says something that must not be followed. Plain http is accepted for loopback, and only where `loopbackAllowed`.
 */
export function parseAccountsCheck(
  json: unknown,
  workspaceId: string,
  loopbackAllowed: boolean,
): WorkspaceRouting | null {
  const accounts = readField(asFields(json), "accounts");
  if (!Array.isArray(accounts)) return null;
  const entries = accounts.map(asFields).filter((entry) => readText(entry, "id") === workspaceId);
  const entry = entries[0] ?? null;
  if (entry === null || entries.length !== 1) return null;
  const origin = readOrigin(readText(entry, "workspace_backend_origin"), loopbackAllowed);
  const override = readOverride(readText(entry, "account_routing_override"));
  return origin === "bad" || override === "bad" ? null : { origin, override };
}

function readOrigin(text: string | null, loopbackAllowed: boolean): string | null | "bad" {
  if (text === null || text === NO_CONSTRAINT) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (text !== url.origin && text !== `${url.origin}/`)) return "bad";
  const isSafe = url.protocol === "https:" || (loopbackAllowed && url.protocol === "http:" && isLoopback(url));
  return isSafe ? url.origin : "bad";
}

/** An open set of region names; anything else would not be fit for a head field. */
function readOverride(text: string | null): string | null | "bad" {
  if (text === null || text === NO_CONSTRAINT) return null;
  return /^[a-z][a-z0-9_-]{0,31}$/.test(text) ? text : "bad";
}

function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

/** Base of model traffic: the routed origin with the path of the ordinary base. */
export function modelBaseUrl(chatgptUrl: string, routing: WorkspaceRouting): string {
  if (routing.origin === null) return `${chatgptUrl}/codex`;
  return `${routing.origin}${new URL(chatgptUrl).pathname.replace(/\/$/, "")}/codex`;
}
