/**
 * Question: which endpoint answers a request?
 * Owns a call's way from the raw request to its endpoint: route, record, body, account, script.
 * Must not know what any endpoint says.
 */
import type { SimAccount } from "./account.ts";
import {
  answerAccountsCheck,
  answerChatgptModels,
  answerConsumeResetCredit,
  answerPlatformModels,
  answerResetCredits,
  answerUsage,
} from "./chatgpt-account-pages.ts";
import { answerChatgptTurn } from "./chatgpt-responses.ts";
import { findAccount } from "./credentials.ts";
import { answerDeviceCode, answerDeviceToken } from "./device-login.ts";
import { httpFailureNamed } from "./failures.ts";
import { booksFor, factsOf } from "./generate.ts";
import { errorAnswer, failureAnswer } from "./json-answer.ts";
import { answerAuthorize, answerRevoke, answerToken, answerWhoami } from "./oauth.ts";
import {
  answerCompact,
  answerEmbeddings,
  answerImages,
  answerInputTokens,
  answerSearch,
  answerUnknown,
} from "./other-endpoints.ts";
import { perform } from "./perform.ts";
import { answerPlatformTurn, answerStoredResponse } from "./platform-responses.ts";
import { rollWindows } from "./quota.ts";
import { attributeRecord, closeRecord, openRecord, type SimRequest } from "./record.ts";
import { asObject, type ReadBody, readBody } from "./request-body.ts";
import { type Endpoint, matchRoute, type Route } from "./routes.ts";
import { takeFault, takeKnobs } from "./script.ts";
import { admitSocket } from "./socket-admission.ts";
import { USUAL_KNOBS } from "./stream-body.ts";
import type { Call, World } from "./world.ts";

/** How a call came in. `onCall` sees it before it is answered. */
export interface Way {
  readonly transport: SimRequest["transport"];
  readonly onCall: (call: Call) => void;
}

const OVER_HTTP: Way = { transport: "http", onCall: () => undefined };

interface Recorded {
  readonly url: URL;
  readonly route: Route;
  readonly record: SimRequest;
  readonly way: Way;
}

/** Answers a request, as the bytes would go over a wire. Rejects with a TransportFault or the caller's own abort reason. */
export async function answerCall(world: World, request: Request, way: Way = OVER_HTTP): Promise<Response> {
  const url = new URL(request.url);
  const route = matchRoute(request.method, url.pathname);
  const opening = { url, endpoint: route.endpoint, at: world.clock.now(), transport: way.transport };
  const record = openRecord(world.evidence, request, opening);
  try {
    const answered = await answerRecorded(world, request, { url, route, record, way });
    record.status = answered.status;
    if (!record.streaming) closeRecord(world.evidence, record, "answered", world.clock.now());
    return answered;
  } catch (error) {
    closeRecord(world.evidence, record, request.signal.aborted ? "cancelled" : "cut", world.clock.now());
    throw error;
  }
}

async function answerRecorded(world: World, request: Request, recorded: Recorded): Promise<Response> {
  const { url, route, record, way } = recorded;
  const read = await readBody(request, world.settings.bodyBytesMax);
  record.bodyBytes = read.bytes;
  if (read.kind === "read") record.body = read.value;
  const call = openCall(world, request, url, route, record);
  way.onCall(call);
  const blocked = blockAtEdge(world, call, read);
  if (blocked !== null) return blocked;
  return perform(world, call, (admitted) => answerEndpoint(world, admitted));
}

function openCall(world: World, request: Request, url: URL, route: Route, record: SimRequest): Call {
  const body = asObject(record.body);
  record.endpoint = endpointOf(route, body);
  record.model = typeof body["model"] === "string" ? body["model"] : null;
  const account = findAccount(world, request.headers, url.pathname, body);
  if (account?.kind === "chatgpt") rollWindows(account.quota, world.clock.now());
  const overallCall = count(world, record.endpoint);
  const own = account === null ? 0 : count(world, `${account.name}\n${record.endpoint}`);
  attributeRecord(world.evidence, record, account?.name ?? null, own);
  const bare: Call = {
    request,
    url,
    endpoint: record.endpoint,
    side: route.side,
    record,
    body,
    account,
    overallCall,
    fault: null,
    knobs: USUAL_KNOBS,
    signal: request.signal,
  };
  return consultScripts(world, bare, account);
}

function consultScripts(world: World, call: Call, account: SimAccount | null): Call {
  const books = booksFor(world, account);
  const facts = { ...factsOf(call), account: call.record.account, model: call.record.model };
  const fault = takeFault(books, facts);
  if (fault !== null) call.record.fault = fault.kind === "failure" ? fault.name : fault.kind;
  return { ...call, fault, knobs: { ...USUAL_KNOBS, ...takeKnobs(books, facts) } };
}

function endpointOf(route: Route, body: Record<string, unknown>): Endpoint {
  return route.endpoint === "token" && body["grant_type"] === "refresh_token" ? "refresh" : route.endpoint;
}

function count(world: World, what: string): number {
  const counted = (world.callCounts.get(what) ?? 0) + 1;
  world.callCounts.set(what, counted);
  return counted;
}

const CODEX_AGENT = /codex/i;

/** What stops a call before it reaches an endpoint: Cloudflare, size, an unreadable body. */
function blockAtEdge(world: World, call: Call, read: ReadBody): Response | null {
  const agent = call.request.headers.get("user-agent") ?? "";
  if (world.settings.requireCodexUserAgent && call.side === "chatgpt" && !CODEX_AGENT.test(agent)) {
    return failureAnswer(httpFailureNamed("cloudflare-challenge"));
  }
  if (read.kind === "too-large") return failureAnswer(httpFailureNamed("payload-too-large"));
  if (read.kind === "read") return null;
  return errorAnswer(400, { code: null, message: `We could not parse the body of your request: ${read.why}` });
}

function answerEndpoint(world: World, call: Call): Response {
  const platform = call.side === "openai";
  switch (call.endpoint) {
    case "responses":
      return platform ? answerPlatformTurn(world, call) : answerChatgptTurn(world, call);
    case "socket":
      return admitSocket(world, call);
    case "models":
      return platform ? answerPlatformModels(call) : answerChatgptModels(world, call);
    case "compact":
      return answerCompact(world, call);
    case "input-tokens":
      return answerInputTokens(world, call);
    case "stored-response":
      return answerStoredResponse(world, call);
    case "images":
      return answerImages(world, call);
    case "embeddings":
      return answerEmbeddings(world, call);
    case "search":
      return answerSearch(world, call);
    case "usage":
      return answerUsage(world, call);
    case "accounts-check":
      return answerAccountsCheck(world, call);
    case "reset-credits":
      return answerResetCredits(world, call);
    case "consume-reset-credit":
      return answerConsumeResetCredit(world, call);
    default:
      return answerSignIn(world, call);
  }
}

function answerSignIn(world: World, call: Call): Response {
  switch (call.endpoint) {
    case "token":
    case "refresh":
      return answerToken(world, call);
    case "authorize":
      return answerAuthorize(world, call);
    case "revoke":
      return answerRevoke(world, call);
    case "device-code":
      return answerDeviceCode(world);
    case "device-token":
      return answerDeviceToken(world, call);
    case "whoami":
      return answerWhoami(world, call);
    default:
      return answerUnknown(call);
  }
}
