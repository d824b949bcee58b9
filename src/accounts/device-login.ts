/**
 * How does a person sign in with a code that they type elsewhere?
 *
 * Owns the order of it: ask for a code, show it, ask again and again whether it was typed, exchange what came of it. What
 * the answers mean is `device-code.ts`.
 */
import { LIMITS } from "../limits.ts";
import { type Asked, ask } from "./ask.ts";
import { exchangeCode } from "./code-exchange.ts";
import { CLIENT_ID, clientHeaders } from "./codex-client.ts";
import {
  DEVICE_REDIRECT_URI,
  type DeviceCode,
  type DevicePoll,
  deviceVerificationUrl,
  judgeDevicePoll,
  readIssuedCode,
} from "./device-code.ts";
import { concludeSignIn, endOf, failed, type SignInDesk, type SignInOutcome, type SignInRequest } from "./sign-in.ts";
import { pause, unlessAborted } from "./waiting.ts";

const TIMEOUT_MS = 30_000;

/** Rejects only when the store fails. */
export async function signInWithDevice(desk: SignInDesk, request: SignInRequest): Promise<SignInOutcome> {
  const timeout = new AbortController();
  const cancelTimer = desk.wire.clock.after(request.timeoutMs, () => timeout.abort(new Error("timed out")));
  const signal = AbortSignal.any([request.signal, timeout.signal]);
  try {
    return await walkThrough(desk, request, signal);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return endOf(request);
    throw error;
  } finally {
    cancelTimer();
  }
}

async function walkThrough(desk: SignInDesk, request: SignInRequest, signal: AbortSignal): Promise<SignInOutcome> {
  const { wire, endpoints } = desk;
  const asked = await post(desk, request, "usercode", { client_id: CLIENT_ID }, signal);
  if (asked.kind !== "answered") return failed("unreachable");
  const issued = readIssuedCode(asked.status, asked.text, wire.clock.now());
  if (issued.kind !== "issued") return failed(issued.kind === "disabled" ? "device-disabled" : "refused");
  const { code } = issued;
  const url = deviceVerificationUrl(endpoints.authUrl);
  request.invite({ kind: "device", url, code: code.userCode, expiresAtMs: code.expiresAtMs });
  const approved = await pollUntilTyped(desk, request, code, signal);
  if (approved.kind !== "approved") return approved;
  const { authUrl } = endpoints;
  const exchange = { authUrl, code: approved.code, verifier: approved.verifier, redirectUri: DEVICE_REDIRECT_URI };
  const exchanged = await exchangeCode(wire, { ...exchange, proxyUrl: request.proxyUrl }, signal);
  return concludeSignIn(exchanged, request);
}

type Approved = Extract<DevicePoll, { kind: "approved" }>;

/** At once, and then in upstream's own interval, until the code expires. */
async function pollUntilTyped(
  desk: SignInDesk,
  request: SignInRequest,
  code: DeviceCode,
  signal: AbortSignal,
): Promise<Approved | SignInOutcome> {
  const { clock } = desk.wire;
  const body = { device_auth_id: code.deviceAuthId, user_code: code.userCode };
  while (clock.now() < code.expiresAtMs) {
    const asked = await post(desk, request, "token", body, signal);
    const isAnswered = asked.kind === "answered";
    const poll = judgeDevicePoll(isAnswered ? asked.status : null, isAnswered ? asked.text : "");
    if (poll.kind === "approved") return poll;
    if (poll.kind === "refused") return failed("refused");
    await unlessAborted(pause(clock, code.intervalMs), signal);
  }
  return failed("code-expired");
}

function post(
  desk: SignInDesk,
  request: SignInRequest,
  endpoint: "usercode" | "token",
  body: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Asked> {
  return ask(
    desk.wire,
    {
      method: "POST",
      url: `${desk.endpoints.authUrl}/api/accounts/deviceauth/${endpoint}`,
      headers: { ...clientHeaders(), "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(body)),
      proxyUrl: request.proxyUrl,
    },
    { timeoutMs: TIMEOUT_MS, bytesMax: LIMITS.errorBodyBytesMax },
    signal,
  );
}
