/**
 * One life of the process: the clock and the wire as one engine has them, until it is killed. A killed life freezes:
 * its timers never fire again, what it waits for never comes, and upstream sees its connections break. That is what
 * `kill -9` does, as seen from everybody else.
 */
import type { Clock } from "../../src/ports.ts";
import type { SimRequest } from "../../src/simulator/record.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import type { Send } from "../../src/upstream/open-upstream.ts";

/** One request for a turn, with what upstream really sent, byte for byte. */
export interface Attempt {
  readonly record: SimRequest;
  readonly turnId: string;
  readonly parts: Uint8Array[];
}

export interface Life {
  readonly clock: Clock;
  readonly send: Send;
  readonly isOver: () => boolean;
  /** Resolves when the life ends. */
  readonly over: Promise<void>;
  kill(): void;
}

export interface LifeOptions {
  readonly clock: Clock;
  readonly sim: Simulator;
  /** Told of every request for a turn, before it is answered. */
  readonly onAttempt: (attempt: Attempt) => void;
  /** Asked when upstream has answered, before the engine learns of it: true kills the life in that moment. */
  readonly diesBefore: (record: SimRequest) => boolean;
}

/** Settles never: the one who waits is gone. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

export function beginLife(options: LifeOptions): Life {
  const { clock, sim } = options;
  const cut = new AbortController();
  const timers = new Set<() => void>();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const isOver = () => cut.signal.aborted;
  const kill = () => {
    if (isOver()) return;
    cut.abort(new Error("killed"));
    for (const cancel of timers) cancel();
    timers.clear();
    resolve();
  };

  function after(delayMs: number, task: () => void): () => void {
    if (isOver()) return () => undefined;
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel);
      if (!isOver()) task();
    });
    timers.add(cancel);
    return () => {
      timers.delete(cancel);
      cancel();
    };
  }

  async function send(url: string, init: RequestInit): Promise<Response> {
    if (isOver()) return never();
    const signals = init.signal instanceof AbortSignal ? [init.signal, cut.signal] : [cut.signal];
    const answering = sim.handle(new Request(url, { ...init, signal: AbortSignal.any(signals) }));
    const record = sim.requests.at(-1);
    if (record === undefined) throw new Error("the simulator kept no record of the request");
    const attempt: Attempt = { record, turnId: turnIdOf(record), parts: [] };
    if (record.endpoint === "responses") options.onAttempt(attempt);
    const answer = await outlive(answering, isOver);
    if (options.diesBefore(record)) kill();
    if (isOver()) return never();
    if (record.endpoint !== "responses" || answer.body === null) return answer;
    return new Response(tap(answer.body, attempt, isOver), { status: answer.status, headers: answer.headers });
  }

  return { clock: { now: clock.now, after }, send, isOver, over, kill };
}

/** The turn an attempt was made for: clients of the simulation name it in this header, which the engine passes on. */
function turnIdOf(record: SimRequest): string {
  return record.headers["x-client-request-id"] ?? "";
}

async function outlive<T>(work: Promise<T>, isOver: () => boolean): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isOver()) return never();
    throw error;
  }
}

/** The same bytes, noted on their way. Reads no further ahead than its reader asks. */
function tap(body: ReadableStream<Uint8Array>, attempt: Attempt, isOver: () => boolean): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await outlive(reader.read(), isOver);
        if (isOver()) return never();
        if (done) return controller.close();
        attempt.parts.push(value);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
