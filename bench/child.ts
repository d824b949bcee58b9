/** A process of the bench: its first line of output is a JSON document, later lines answer what it is told. */
import { readFileSync } from "node:fs";

export interface Child {
  readonly pid: number;
  readonly first: Record<string, unknown>;
  tell(message: unknown): Promise<void>;
  /** Resident memory in bytes. */
  memory(): number;
  /** CPU time used so far, in milliseconds; 0 where the system does not tell. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const TICKS_PER_SECOND = 100;

function readStat(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

export async function startChild(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Child> {
  const child = Bun.spawn([...words], { stdin: "pipe", stdout: "pipe", stderr: "ignore", env: { ...env } });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const readLine = async (): Promise<string> => {
    for (;;) {
      const end = rest.indexOf("\n");
      if (end !== -1) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        return line;
      }
      const { done, value } = await lines.read();
      if (done) throw new Error(`${words.join(" ")} ended before it had answered`);
      rest += value;
    }
  };
  const readDocument = async (): Promise<Record<string, unknown>> => {
    let text = await readLine();
    while (!isDocument(text)) text += `\n${await readLine()}`;
    return JSON.parse(text) as Record<string, unknown>;
  };
  const first = await readDocument();
  return {
    pid: child.pid,
    first,
    async tell(message) {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      child.stdin.flush();
      await readDocument();
    },
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readStat(child.pid, "status"))?.[1] ?? 0) * 1024,
    cpuMs: () => {
      const fields = readStat(child.pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
      return ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND) * 1_000;
    },
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

function isDocument(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
