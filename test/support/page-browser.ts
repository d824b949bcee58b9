/** A browser as far as the desktop runtime can tell: what it sends of its own accord, its cookie, and the stream it reads. */
import { onTestFinished } from "bun:test";
import { makePageLink } from "../../src/operations/page-link.ts";
import type { PageOperationName, PageOperations, PageSnapshot } from "../../src/operations/page-wire.ts";
import type { Pool } from "./start-pool.ts";

export interface PageEvents {
  /** The next snapshot that is as wished; those before it are passed over. Throws when none comes in time. */
  until(what: string, isWished: (snapshot: PageSnapshot) => boolean): Promise<PageSnapshot>;
  /** Names of the events so far, comments left out. */
  readonly names: readonly string[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  leave(): void;
}

export interface PageBrowser {
  readonly cookie: string;
  get(path: string): Promise<Response>;
  post(name: string, input: unknown): Promise<Response>;
  /** What the operation answers. Throws when it is refused. */
  run<Name extends PageOperationName>(
    name: Name,
    input: PageOperations[Name]["input"],
  ): Promise<PageOperations[Name]["result"]>;
  events(): Promise<PageEvents>;
}

const BOUND_MS = 20_000;

export function linkTo(pool: Pool): string {
  return makePageLink(pool.desk, Number(new URL(pool.origin).port));
}

/** What a cookie header is to hold after this answer; empty when nobody was let in. */
export function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
}

function framesOf(text: string): { readonly frames: readonly string[]; readonly rest: string } {
  const parts = text.split("\n\n");
  return { frames: parts.slice(0, -1), rest: parts.at(-1) ?? "" };
}

function readEvents(body: ReadableStream<Uint8Array>, abort: AbortController): PageEvents {
  const names: string[] = [];
  const snapshots: PageSnapshot[] = [];
  let arrived = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of body) {
      const { frames, rest } = framesOf(text + decoder.decode(chunk, { stream: true }));
      text = rest;
      for (const frame of frames.filter((one) => !one.startsWith(":"))) {
        const [event = "", data = ""] = frame.split("\n");
        names.push(event.replace("event: ", ""));
        if (event === "event: snapshot") snapshots.push(JSON.parse(data.replace("data: ", "")));
      }
      arrived.resolve();
      arrived = Promise.withResolvers();
    }
  };
  void read()
    .catch(() => undefined)
    .finally(end);
  return {
    names,
    ended,
    leave: () => abort.abort(),
    until: async (what, isWished) => {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error(`no snapshot came with: ${what}`)), BOUND_MS);
      try {
        for (;;) {
          const next = snapshots.shift();
          if (next === undefined) await Promise.race([arrived.promise, late]);
          else if (isWished(next)) return next;
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** A browser with this cookie, which may be none of ours. */
export function browserWith(pool: Pool, cookie: string): PageBrowser {
  const { origin } = pool;
  const get = (path: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${origin}${path}`, {
      headers: { cookie, "sec-fetch-site": "same-origin" },
      redirect: "manual",
      ...(signal === undefined ? {} : { signal }),
    });
  const post = (name: string, input: unknown): Promise<Response> =>
    fetch(`${origin}/operations/${name}`, {
      method: "POST",
      headers: { cookie, origin, "sec-fetch-site": "same-origin", "content-type": "application/json" },
      body: JSON.stringify(input),
    });
  return {
    cookie,
    get: (path) => get(path),
    post,
    run: async (name, input) => {
      const answer = await post(name, input);
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${text}`);
      return JSON.parse(text).result;
    },
    events: async () => {
      const abort = new AbortController();
      const answer = await get("/operations/events", abort.signal);
      if (answer.status !== 200 || answer.body === null) throw new Error(`no events: ${answer.status}`);
      onTestFinished(() => abort.abort());
      return readEvents(answer.body, abort);
    },
  };
}

/** A browser that came with a link. */
export async function letIn(pool: Pool): Promise<PageBrowser> {
  const answer = await fetch(linkTo(pool), { redirect: "manual" });
  await answer.body?.cancel();
  return browserWith(pool, cookieOf(answer));
}
