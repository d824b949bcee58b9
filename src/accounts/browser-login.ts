/**
 * How does a person sign in with a browser?
 *
 * Owns one sign-in: the secret halves, the listener, the pasted address as the way out where no browser can reach us, and
 * the end of it all. Whichever valid callback comes first counts; a foreign one changes nothing. When it is over the port
 * is free, however it ended.
 */
import { LIMITS } from "../limits.ts";
import { authorizeUrl, redirectUriFor } from "./authorize-url.ts";
import { type Callback, readCallback, readPastedCallback } from "./callback.ts";
import { type CallbackListener, type CallbackReply, listenForCallback } from "./callback-listener.ts";
import { exchangeCode } from "./code-exchange.ts";
import { PKCE_BYTES, type Pkce, pkceFrom, STATE_BYTES, stateFrom } from "./pkce.ts";
import {
  concludeSignIn,
  describeSignInFailure,
  endOf,
  failed,
  type SignInDesk,
  type SignInOutcome,
  type SignInRequest,
} from "./sign-in.ts";

/** The ports upstream sends browsers back to, in the order to try them. */
export const CALLBACK_PORTS: readonly number[] = [1455, 1457];

export interface BrowserSignIn extends SignInRequest {
  readonly ports: readonly number[];
  /** What the person pastes; read only while the sign-in lasts. */
  readonly lines: AsyncIterable<string>;
  /** Told of a pasted line that is no address of this sign-in. */
  onUnusableLine(): void;
}

interface Flow {
  readonly desk: SignInDesk;
  readonly request: BrowserSignIn;
  readonly pkce: Pkce;
  readonly state: string;
  readonly over: PromiseWithResolvers<SignInOutcome>;
  /** Ends the exchange that runs, if any, together with the sign-in. */
  readonly abort: AbortController;
  redirectUri: string;
  /** Whether a browser has asked, and so will follow to the last page. */
  hasBrowser: boolean;
  /** The first callback that counts, and what came of it: a page that is loaded again shows the same. */
  settled: Promise<SignInOutcome> | null;
}

/** Rejects only when the machine keeps us from listening at all, or when the store fails. */
export async function signInWithBrowser(desk: SignInDesk, request: BrowserSignIn): Promise<SignInOutcome> {
  const flow: Flow = {
    desk,
    request,
    pkce: pkceFrom(randomBytes(PKCE_BYTES)),
    state: stateFrom(randomBytes(STATE_BYTES)),
    over: Promise.withResolvers(),
    abort: new AbortController(),
    redirectUri: "",
    hasBrowser: false,
    settled: null,
  };
  if (request.signal.aborted) return endOf(request);
  const listener = listenForCallback(request.ports, {
    onCallback: (query) => replyTo(flow, readCallback(query, flow.state)),
    onCancel: () => flow.over.resolve(failed("cancelled")),
  });
  if (listener === null) return failed("ports-taken");
  flow.redirectUri = redirectUriFor(listener.port);
  try {
    return await waitForEnd(flow, listener);
  } finally {
    flow.abort.abort();
    await listener.stop();
  }
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

async function waitForEnd(flow: Flow, listener: CallbackListener): Promise<SignInOutcome> {
  const { desk, request, over } = flow;
  const leave = (): void => over.resolve(endOf(request));
  const cancelTimer = desk.wire.clock.after(request.timeoutMs, leave);
  request.signal.addEventListener("abort", leave, { once: true });
  try {
    request.invite({ kind: "browser", url: urlOf(flow) });
    void readLines(flow);
    const outcome = await endAfterExchange(flow, await over.promise);
    if (flow.hasBrowser && isSaved(outcome)) await waitForFarewell(flow, listener);
    return outcome;
  } finally {
    cancelTimer();
    request.signal.removeEventListener("abort", leave);
  }
}

/** Only then is the browser sent on to the last page. */
function isSaved(outcome: SignInOutcome): boolean {
  return outcome.kind === "finished" && outcome.result.kind !== "refused";
}

/** Giving up ends an exchange that runs; one that was just saved counts all the same. */
async function endAfterExchange(flow: Flow, outcome: SignInOutcome): Promise<SignInOutcome> {
  if (flow.settled === null || outcome.kind === "finished") return outcome;
  flow.abort.abort(new Error("given up"));
  const settled = await flow.settled;
  return settled.kind === "finished" ? settled : outcome;
}

function urlOf({ desk, pkce, state, redirectUri }: Flow): string {
  return authorizeUrl({ authUrl: desk.endpoints.authUrl, redirectUri, challenge: pkce.challenge, state });
}

/** A browser that was redirected asks for the last page at once; whoever pasted an address never does. */
async function waitForFarewell(flow: Flow, listener: CallbackListener): Promise<void> {
  const bound = Promise.withResolvers<void>();
  const cancelTimer = flow.desk.wire.clock.after(LIMITS.signInFarewellMs, bound.resolve);
  flow.request.signal.addEventListener("abort", () => bound.resolve(), { once: true });
  await Promise.race([listener.farewell, bound.promise]);
  cancelTimer();
}

async function readLines(flow: Flow): Promise<void> {
  try {
    for await (const line of flow.request.lines) {
      if (flow.abort.signal.aborted) return;
      if (line.trim() === "") continue;
      const callback = readPastedCallback(line, flow.state);
      if (callback === null || callback.kind === "state-mismatch" || callback.kind === "malformed") {
        flow.request.onUnusableLine();
      } else {
        await settle(flow, callback);
        return;
      }
    }
  } catch {
    // Input that cannot be read takes one way out; the browser's is still open.
    return;
  }
}

async function replyTo(flow: Flow, callback: Callback): Promise<CallbackReply> {
  if (callback.kind === "state-mismatch" || callback.kind === "malformed") return { kind: "state-mismatch" };
  flow.hasBrowser = true;
  const outcome = await settle(flow, callback);
  if (outcome.kind === "failed") return failurePage(describeSignInFailure(outcome.failure));
  const { result } = outcome;
  return result.kind === "refused" ? failurePage({ text: result.reason, hint: result.hint }) : { kind: "success" };
}

function failurePage(said: { readonly text: string; readonly hint: string }): CallbackReply {
  return { kind: "failed", page: { title: "The sign-in did not succeed", text: `${said.text} ${said.hint}` } };
}

/** Once: later callbacks are told the outcome of the first. */
function settle(flow: Flow, callback: Extract<Callback, { kind: "code" | "denied" }>): Promise<SignInOutcome> {
  flow.settled ??= conclude(flow, callback).then(
    (outcome) => {
      flow.over.resolve(outcome);
      return outcome;
    },
    (error: unknown) => {
      flow.over.reject(error);
      return failed("refused");
    },
  );
  return flow.settled;
}

async function conclude(
  { desk, request, pkce, redirectUri, abort }: Flow,
  callback: Extract<Callback, { kind: "code" | "denied" }>,
): Promise<SignInOutcome> {
  if (callback.kind === "denied") return failed("denied");
  const { authUrl } = desk.endpoints;
  const { proxyUrl } = request;
  const exchange = { authUrl, code: callback.code, verifier: pkce.verifier, redirectUri, proxyUrl };
  return concludeSignIn(await exchangeCode(desk.wire, exchange, abort.signal), request);
}
