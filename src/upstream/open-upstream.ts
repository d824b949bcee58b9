/**
 * Bytes to and from OpenAI over HTTP. Sets every option of fetch that has a surprising default, turns its errors into
 * `TransportError`s, and keeps no clock: the caller's signal is the only limit.
 */
import type { Upstream, UpstreamAnswer, UpstreamRequest } from "../ports.ts";
import { isLoopbackHost } from "./endpoints.ts";
import { transportErrorOf } from "./transport-error.ts";

/** The part of fetch that is used, so that a simulator can stand in for the network. */
export type Send = (url: string, init: RequestInit & { timeout: boolean; proxy?: string }) => Promise<Response>;

/** A redirect would carry credentials to a place nobody chose, so none is followed. */
export function openUpstream(send: Send): Upstream {
  return {
    async send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
      signal.throwIfAborted();
      try {
        const response = await send(request.url, {
          method: request.method,
          headers: request.headers,
          body: request.body,
          redirect: "manual",
          signal,
          timeout: false,
          ...(request.proxyUrl === null ? {} : { proxy: request.proxyUrl }),
        });
        return { status: response.status, headers: response.headers.toJSON(), body: response.body };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw transportErrorOf(error);
      }
    },
  };
}

/** The real network. A base on this machine is asked straight: no proxy of the environment's could reach it. */
export function openNetwork(): Upstream {
  return openUpstream((url, init) => {
    if (init.proxy !== undefined) return fetchThroughProxy(url, init);
    return fetch(url, isLoopbackHost(new URL(url).hostname) ? { ...init, ...NO_PROXY_AT_ALL } : init);
  });
}

/** Fetch takes false for "none", which its types do not know. */
const NO_PROXY_AT_ALL: object = { proxy: false };

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
