/**
 * Bytes to and from OpenAI over HTTP. Sets every option of fetch that has a surprising default, turns its errors into
 * `TransportError`s, and keeps no clock: the caller's signal is the only limit.
 */
import type { Upstream, UpstreamAnswer, UpstreamRequest } from "../ports.ts";
import { isLoopbackHost } from "./endpoints.ts";
import { transportErrorOf } from "./transport-error.ts";

/** The part of fetch that is used, so that a simulator can stand in for the network. */
export type Send = (url: string, init: SendInit) => Promise<Response>;

/** Made for one call. Fetch takes false for "no proxy at all". */
type SendInit = RequestInit & { timeout: boolean; proxy?: string | false };

function initOf({ method, headers, body, proxyUrl }: UpstreamRequest, signal: AbortSignal): SendInit {
  const init: SendInit = { method, headers, body, redirect: "manual", signal, timeout: false };
  if (proxyUrl !== null) init.proxy = proxyUrl;
  return init;
}

/** A redirect would carry credentials to a place nobody chose, so none is followed. */
export function openUpstream(send: Send): Upstream {
  return {
    async send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
      signal.throwIfAborted();
      try {
        const response = await send(request.url, initOf(request, signal));
        return { status: response.status, headers: response.headers, body: response.body };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw transportErrorOf(error);
      }
    },
  };
}

/** The real network. A base on this machine is asked straight: no proxy of the environment's could reach it. */
export function openNetwork(): Upstream {
  const isOnThisMachine = rememberLoopback();
  return openUpstream((url, init) => {
    if (init.proxy !== undefined) return fetchThroughProxy(url, init as RequestInit);
    if (isOnThisMachine(url)) init.proxy = false;
    return fetch(url, init as RequestInit);
  });
}

/** Upstream has a handful of hosts, each looked into once. */
function rememberLoopback(): (url: string) => boolean {
  const known = new Map<string, boolean>();
  return (url) => {
    const end = url.indexOf("/", "https://".length);
    const origin = end === -1 ? url : url.slice(0, end);
    const before = known.get(origin);
    if (before !== undefined) return before;
    const isNear = isLoopbackHost(new URL(url).hostname);
    known.set(origin, isNear);
    return isNear;
  };
}

const BYPASSES = ["NO_PROXY", "no_proxy"] as const;

/**
 * Fetch lets `NO_PROXY` outrank even a proxy it is told to use. An account's own proxy is no wish of the environment's:
 * a call that goes past it shows upstream another address. Both variables are read before fetch answers its promise.
 */
function fetchThroughProxy(url: string, init: RequestInit): Promise<Response> {
  const kept = BYPASSES.map((name) => [name, process.env[name]] as const);
  for (const name of BYPASSES) delete process.env[name];
  try {
    return fetch(url, init);
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}
