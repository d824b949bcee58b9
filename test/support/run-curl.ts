/** Posts with the curl of the machine. Where there is none, the same bytes go out by fetch. */
import { onTestFinished } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareEnvironment } from "./run-process.ts";
import { makeTempHome } from "./temp-home.ts";

export interface CurlRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface CurlAnswer {
  /** The body as it comes, and nothing else. */
  readonly body: ReadableStream<Uint8Array>;
  /** Goes away, as a person does with Ctrl-C. */
  leave(): void;
}

/** Nothing is buffered on the way (`-N`). Ended with the test at the latest. */
export async function openCurl(request: CurlRequest): Promise<CurlAnswer> {
  const curl = Bun.which("curl");
  return curl === null ? openFetch(request) : openProcess(curl, request);
}

function openProcess(curl: string, request: CurlRequest): CurlAnswer {
  const { path: folder, remove } = makeTempHome();
  const file = join(folder, "body");
  writeFileSync(file, request.body);
  const headers = Object.entries(request.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const words = [curl, "-sS", "-N", "--max-time", "30", ...headers, "--data-binary", `@${file}`, request.url];
  const child = Bun.spawn(words, { cwd: folder, env: bareEnvironment(folder), stdout: "pipe", stderr: "inherit" });
  const leave = (): void => child.kill("SIGINT");
  onTestFinished(async () => {
    leave();
    await child.exited;
    remove();
  });
  return { body: child.stdout, leave };
}

async function openFetch({ url, headers, body }: CurlRequest): Promise<CurlAnswer> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(url, { method: "POST", headers, body, signal: controller.signal });
  return { body: response.body ?? new Blob([]).stream(), leave: () => controller.abort() };
}

/** Reads until the text holds this, and answers what there is by then. Throws when the body ends before. */
export async function readUntil(body: ReadableStream<Uint8Array>, wanted: string): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(wanted)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the answer ended before it held ${wanted}: ${text.slice(-1_000)}`);
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text;
}
