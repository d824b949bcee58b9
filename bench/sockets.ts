/**
 * What does a WebSocket gain over HTTP? The same conversation both ways through the pool: a long history, and turn after turn
 * a few new words. Over HTTP the whole of it is sent each time.
 */
import { percentile } from "../src/bench/figures.ts";
import type { Target, World } from "../src/bench/world.ts";

export interface WayFigures {
  /** Median time from sending to the first event of the answer, and to its first output. */
  readonly firstEventMs: number;
  readonly firstOutputMs: number;
  readonly turnsPerSecond: number;
  /** What the client sends for one turn, on average. */
  readonly sentKilobytes: number;
  /** CPU time of the pool for one turn; 0 where the system does not tell. */
  readonly cpuMs: number;
}

/** Each way to upstream itself, and through the pool. */
export interface SocketFigures {
  readonly direct: { readonly http: WayFigures; readonly socket: WayFigures };
  readonly pool: { readonly http: WayFigures; readonly socket: WayFigures };
}

const TURNS = 30;
const HISTORY_BYTES = 200_000;
const BETA = "responses_websockets=2026-02-06";
const WAYS = ["http", "socket"] as const;
type Way = (typeof WAYS)[number];

interface Item {
  readonly [key: string]: unknown;
}

function userItem(text: string): Item {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

function bodyOf(input: readonly Item[], session: string): Record<string, unknown> {
  const include = ["reasoning.encrypted_content"];
  return { model: "gpt-5.5", instructions: "", input, stream: true, store: false, include, prompt_cache_key: session };
}

/** One turn as its client sees it; `items` are what it put out. */
interface Seen {
  readonly firstEventMs: number;
  readonly firstOutputMs: number;
  readonly sentBytes: number;
  readonly items: readonly Item[];
  readonly responseId: string;
}

class Watch {
  readonly #startedAt = performance.now();
  #firstEventMs: number | null = null;
  #firstOutputMs: number | null = null;
  readonly #items: Item[] = [];

  /** True at the end of the answer. */
  take(text: string): string | null {
    const event = JSON.parse(text) as { type: string; item?: Item; response?: { id: string } };
    this.#firstEventMs ??= performance.now() - this.#startedAt;
    if (event.type === "response.output_text.delta") this.#firstOutputMs ??= performance.now() - this.#startedAt;
    if (event.type === "response.output_item.done" && event.item !== undefined) this.#items.push(event.item);
    if (event.type === "error" || event.type === "response.failed") throw new Error(`the bench was refused: ${text}`);
    return event.type === "response.completed" ? (event.response?.id ?? "") : null;
  }

  seen(responseId: string, sentBytes: number): Seen {
    const [firstEventMs, firstOutputMs] = [this.#firstEventMs ?? 0, this.#firstOutputMs ?? 0];
    return { firstEventMs, firstOutputMs, sentBytes, items: this.#items, responseId };
  }
}

async function askOverHttp(target: Target, body: Record<string, unknown>): Promise<Seen> {
  const text = JSON.stringify(body);
  const watch = new Watch();
  const headers = { ...target.headers, "content-type": "application/json" };
  const response = await fetch(target.url, { method: "POST", headers, body: text });
  if (response.body === null) throw new Error("no answer");
  const decoder = new TextDecoder();
  let rest = "";
  let id: string | null = null;
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n\n"); end !== -1; end = rest.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(rest.slice(0, end))?.[1];
      rest = rest.slice(end + 2);
      if (data !== undefined) id = watch.take(data) ?? id;
    }
  }
  return watch.seen(id ?? "", text.length);
}

async function openSocket(target: Target): Promise<WebSocket> {
  const headers = { ...target.headers, "openai-beta": BETA };
  const socket = new WebSocket(target.url.replace(/^http/, "ws"), { headers });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("error", () => reject(new Error("the pool refused the upgrade")));
  await promise;
  return socket;
}

async function askOnSocket(socket: WebSocket, body: Record<string, unknown>): Promise<Seen> {
  const text = JSON.stringify({ type: "response.create", ...body });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const watch = new Watch();
  socket.onmessage = ({ data }) => {
    try {
      const id = watch.take(String(data));
      if (id !== null) resolve(id);
    } catch (error) {
      reject(error);
    }
  };
  socket.send(text);
  return watch.seen(await promise, text.length);
}

/** A whole conversation; `ask` gets what is new, and everything up to it. */
async function converse(ask: (news: readonly Item[], whole: readonly Item[], last: string | null) => Promise<Seen>) {
  const whole: Item[] = [];
  const turns: Seen[] = [];
  let last: string | null = null;
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const text = turn === 0 ? "lorem ipsum ".repeat(HISTORY_BYTES / 12) : `And then, number ${turn}?`;
    const news = [userItem(text)];
    whole.push(...news);
    const seen: Seen = await ask(news, whole, last);
    whole.push(...seen.items);
    last = seen.responseId;
    // The first turn hands the history over, which is the same both ways.
    if (turn > 0) turns.push(seen);
  }
  return turns;
}

async function measureWay(target: Target, way: Way, session: string): Promise<WayFigures> {
  const socket = way === "socket" ? await openSocket(target) : null;
  const cpuBefore = target.process?.cpuMs() ?? 0;
  const startedAt = performance.now();
  const turns = await converse((news, whole, last) =>
    socket === null
      ? askOverHttp(target, bodyOf(whole, session))
      : askOnSocket(socket, { ...bodyOf(news, session), ...(last === null ? {} : { previous_response_id: last }) }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuMs = ((target.process?.cpuMs() ?? 0) - cpuBefore) / (TURNS + 1);
  socket?.close();
  const sent = turns.reduce((sum, turn) => sum + turn.sentBytes, 0);
  return {
    firstEventMs: percentile(
      turns.map((turn) => turn.firstEventMs),
      0.5,
    ),
    firstOutputMs: percentile(
      turns.map((turn) => turn.firstOutputMs),
      0.5,
    ),
    turnsPerSecond: (TURNS + 1) / seconds,
    sentKilobytes: sent / turns.length / 1_000,
    cpuMs,
  };
}

function medianOf(samples: readonly WayFigures[]): WayFigures {
  const of = (read: (figures: WayFigures) => number) => percentile(samples.map(read), 0.5);
  return {
    firstEventMs: of((figures) => figures.firstEventMs),
    firstOutputMs: of((figures) => figures.firstOutputMs),
    turnsPerSecond: of((figures) => figures.turnsPerSecond),
    sentKilobytes: of((figures) => figures.sentKilobytes),
    cpuMs: of((figures) => figures.cpuMs),
  };
}

/** Both ways to both targets in turn, `rounds` times, after one round that does not count. */
export async function measureSockets(world: World, rounds: number): Promise<SocketFigures> {
  await world.say({ events: 10, charactersPerEvent: 20, eventDelayMs: 0 });
  const newSamples = () => ({ http: [] as WayFigures[], socket: [] as WayFigures[] });
  const samples = { direct: newSamples(), pool: newSamples() };
  for (let round = 0; round <= rounds; round += 1) {
    for (const target of ["direct", "pool"] as const) {
      for (const way of WAYS) {
        const figures = await measureWay(world[target], way, `bench-${target}-${way}-${round}`);
        if (round > 0) samples[target][way].push(figures);
      }
    }
  }
  const median = ({ http, socket }: ReturnType<typeof newSamples>) => ({
    http: medianOf(http),
    socket: medianOf(socket),
  });
  return { direct: median(samples.direct), pool: median(samples.pool) };
}

/** A markdown table of its own: it compares two ways, not the pool with the bare proxy. */
export function renderSockets({ direct, pool }: SocketFigures): string {
  const all = [direct.http, direct.socket, pool.http, pool.socket];
  const row = (what: string, read: (figures: WayFigures) => number) =>
    `| ${[what, ...all.map((figures) => read(figures).toFixed(2))].join(" | ")} |`;
  return [
    `A conversation of ${TURNS} turns behind ${HISTORY_BYTES / 1_000} kB of history:`,
    "",
    "|  | direct, HTTP | direct, WebSocket | codexuse, HTTP | codexuse, WebSocket |",
    "| --- | --: | --: | --: | --: |",
    row("time to first event, p50 (ms)", (figures) => figures.firstEventMs),
    row("time to first output, p50 (ms)", (figures) => figures.firstOutputMs),
    row("turns one after another (turns/s)", (figures) => figures.turnsPerSecond),
    row("sent by the client for one turn (kB)", (figures) => figures.sentKilobytes),
    row("CPU time of the pool for one turn (ms)", (figures) => figures.cpuMs),
  ].join("\n");
}
