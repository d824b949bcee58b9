/**
 * An upstream that costs as little as it can, so that what is measured is the proxy before it: every answer is made of the
 * same bytes, written before anybody asks. Each event is sent by itself, as OpenAI does.
 */
export interface Say {
  /** Events of text in one answer. */
  readonly events: number;
  readonly charactersPerEvent: number;
  /** Before each event of text; 0 for as fast as it goes. */
  readonly eventDelayMs: number;
}

interface Answer {
  readonly pieces: readonly Uint8Array[];
  /** The same events as a socket tells them. */
  readonly frames: readonly string[];
  readonly whole: string;
  readonly delayMs: number;
}

const encoder = new TextEncoder();

interface Event {
  readonly type: string;
  readonly text: string;
}

function eventBytes({ type, text }: Event): Uint8Array {
  return encoder.encode(`event: ${type}\ndata: ${text}\n\n`);
}

/** The order and shape of a ChatGPT backend's answer of one message; its last event leaves the output empty. */
function writeAnswer({ events, charactersPerEvent, eventDelayMs }: Say): Answer {
  const response = { id: "resp_bench", object: "response", status: "in_progress", model: "gpt-5.5", output: [] };
  const place = { item_id: "msg_bench", output_index: 0, content_index: 0 };
  const text = "x".repeat(charactersPerEvent);
  const content = [{ type: "output_text", text: text.repeat(events), annotations: [] }];
  const item = { id: "msg_bench", type: "message", role: "assistant", status: "completed", content };
  const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: events };
  const done = { ...response, status: "completed", usage };
  let number = 0;
  const next = (type: string, members: Readonly<Record<string, unknown>>): Event => {
    number += 1;
    return { type, text: JSON.stringify({ type, ...members, sequence_number: number }) };
  };
  const told = [
    next("response.created", { response }),
    next("response.in_progress", { response }),
    next("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", content: [] } }),
    ...Array.from({ length: events }, () => next("response.output_text.delta", { ...place, delta: text })),
    next("response.output_item.done", { output_index: 0, item }),
    next("response.completed", { response: done }),
  ];
  const [pieces, frames] = [told.map(eventBytes), told.map((event) => event.text)];
  return { pieces, frames, whole: JSON.stringify({ ...done, output: [item] }), delayMs: eventDelayMs };
}

function streamOf({ pieces, delayMs }: Answer): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (delayMs > 0 && next > 2) await Bun.sleep(delayMs);
        const piece = pieces[next];
        next += 1;
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What every answer of the real one says of its account. */
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "x-codex-plan-type": "plus",
  "x-codex-primary-used-percent": "12",
  "x-codex-primary-window-minutes": "300",
  "x-codex-secondary-used-percent": "34",
  "x-codex-secondary-window-minutes": "10080",
};

/** Serves on a free port of loopback until the process ends. `POST /say` tells how answers are to look from then on. */
export function servePretendUpstream(): number {
  let answer = writeAnswer({ events: 10, charactersPerEvent: 20, eventDelayMs: 0 });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    websocket: {
      message: (socket) => {
        for (const frame of answer.frames) socket.send(frame);
      },
    },
    async fetch(request, server) {
      if (server.upgrade(request, { headers: HEADERS })) return undefined;
      if (request.url.endsWith("/say")) {
        answer = writeAnswer((await request.json()) as Say);
        return new Response();
      }
      if (!request.url.endsWith("/responses")) return new Response(null, { status: 404 });
      const body = Buffer.from(await request.bytes());
      if (body.includes('"stream":false')) {
        return new Response(answer.whole, { headers: { ...HEADERS, "content-type": "application/json" } });
      }
      return new Response(streamOf(answer), { headers: HEADERS });
    },
  });
  return server.port ?? 0;
}
