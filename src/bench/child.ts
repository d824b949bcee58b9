/** A process of the bench: the first thing it says is a JSON document; what it costs is read from the system. */
import { readdirSync, readFileSync } from "node:fs";
import type { Environment } from "../ports.ts";

export interface Child {
  readonly pid: number;
  readonly first: Readonly<Record<string, unknown>>;
  /** From its start to its first word. */
  readonly readyMs: number;
  /** Resident memory in bytes; 0 where the system does not tell. */
  memory(): number;
  /** CPU time used so far; 0 where the system does not tell. */
  cpuMs(): number;
  stop(): Promise<void>;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readProc(pid, "status"))?.[1] ?? 0) * 1024;
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** To the nanosecond, where `stat` counts in hundredths of a second. What a thread used that has ended since counts on. */
function openCpuMeter(pid: number): () => number {
  const usedNs = new Map<string, number>();
  return () => {
    for (const thread of threadsOf(pid)) {
      const [ownNs] = readProc(pid, `task/${thread}/schedstat`).split(" ", 1);
      if (ownNs !== undefined && ownNs !== "") usedNs.set(thread, Number(ownNs));
    }
    let totalNs = 0;
    for (const ownNs of usedNs.values()) totalNs += ownNs;
    return totalNs / 1_000_000;
  };
}

function parseDocument(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function readDocument(output: ReadableStream<Uint8Array>, what: string): Promise<Child["first"]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    const document = parseDocument(text);
    if (document !== null) return document;
  }
  throw new Error(`${what} ended before it had said anything`);
}

/** Starts a program and waits for its first word. */
export async function startChild(words: readonly string[], env: Environment): Promise<Child> {
  const startedAt = performance.now();
  const child = Bun.spawn([...words], { stdin: "pipe", stdout: "pipe", stderr: "ignore", env: { ...env } });
  const first = await readDocument(child.stdout, words.join(" "));
  return {
    pid: child.pid,
    first,
    readyMs: performance.now() - startedAt,
    memory: () => memoryOf(child.pid),
    cpuMs: openCpuMeter(child.pid),
    stop: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
