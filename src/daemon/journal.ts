/**
 * What did the service of the machine say? systemd keeps that in its journal. Runs `journalctl` as it is found, and passes
 * on what it shows; reads no journal itself.
 */

import type { Environment } from "../ports.ts";
import { UNIT_NAME } from "./systemd-unit.ts";

export type JournalAnswer =
  | { readonly kind: "read"; readonly lines: readonly string[] }
  /** There is no journalctl here. */
  | { readonly kind: "missing" }
  /** `text` is what it said, in one line. */
  | { readonly kind: "refused"; readonly text: string };

/** Stands where the path of a log would: a script can tell the two apart. */
export const JOURNAL = `journal:${UNIT_NAME}`;

/** A journal may be large, and is searched from its end. */
const TIMEOUT_MS = 20_000;
/** Lines of its own, such as `-- No entries --` and `-- Boot … --`. */
const OWN_LINE = /^-- .* --$/;

/** Messages alone: each of ours begins with its own instant. */
function words(program: string, count: number, more: readonly string[]): string[] {
  return [program, `--unit=${UNIT_NAME}`, `--lines=${count}`, "--output=cat", "--no-pager", ...more];
}

function findProgram(env: Environment): string | null {
  return Bun.which("journalctl", { PATH: env["PATH"] ?? "" });
}

/** The last `count` lines. */
export function readJournal(env: Environment, count: number): JournalAnswer {
  const program = findProgram(env);
  if (program === null) return { kind: "missing" };
  const run = Bun.spawnSync(words(program, count, []), { env: { ...env }, stdin: "ignore", timeout: TIMEOUT_MS });
  if (!run.success) {
    const said = run.stderr
      .toString()
      .trim()
      .replace(/\s*\n\s*/g, " ");
    return { kind: "refused", text: said === "" ? `journalctl ended with ${run.exitCode ?? "a signal"}` : said };
  }
  const lines = run.stdout.toString().split("\n");
  return { kind: "read", lines: lines.filter((line) => line !== "" && !OWN_LINE.test(line)) };
}

/** Hands on the last lines and whatever follows, line by line, until `signal` fires. Answers `missing` where there is no journalctl. */
export async function followJournal(
  env: Environment,
  count: number,
  write: (line: string) => Promise<void>,
  signal: AbortSignal,
): Promise<"ended" | "missing"> {
  const program = findProgram(env);
  if (program === null) return "missing";
  const child = Bun.spawn(words(program, count, ["--follow"]), {
    env: { ...env },
    stdio: ["ignore", "pipe", "ignore"],
    signal,
  });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of child.stdout) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) await write(line);
  }
  if (rest !== "") await write(rest);
  await child.exited;
  return "ended";
}
