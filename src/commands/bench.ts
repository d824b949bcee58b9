/** `codexuse bench`. */
import { rowsOf } from "../bench/figures.ts";
import { FULL_PLAN, type Report, runBench, SHORT_PLAN } from "../bench/run-bench.ts";
import { PARTS, runPart } from "../bench/run-part.ts";
import { OperationError } from "../operations/operation.ts";
import { answer, defineLeaf } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { readSecret } from "./secret-argument.ts";
import { setRuntimeVariables } from "./serve-in-front.ts";
import { renderTable } from "./table.ts";
import { paintWith } from "./terminal-text.ts";

function render(report: Report, io: CommandIo): string {
  const [titles = [], ...rows] = rowsOf(report.figures);
  const columns = titles.map((title, at) => ({ title, align: at === 0 ? ("left" as const) : ("right" as const) }));
  const table = renderTable(columns, rows, Number.POSITIVE_INFINITY, paintWith(io.stdout.colours));
  return `codexuse ${report.version} on ${report.machine}\n\n${table}`;
}

function documentOf({ version, machine, loadBefore, atMs, rounds, figures }: Report) {
  return { version, machine, load_before: loadBefore, measured_at: new Date(atMs).toISOString(), rounds, figures };
}

async function readOther(io: CommandIo, url: string | undefined, key: string | undefined) {
  if (url === undefined) return null;
  if (!URL.canParse(url)) throw new OperationError("usage", "--target is not a URL.");
  if (key === undefined) return { url, key: "" };
  return { url, key: await readSecret(io, key, { flag: "--target-key=", what: "key" }) };
}

export const bench = defineLeaf({
  name: "bench",
  description: "Measure what the pool costs on this machine, against upstream itself and the barest proxy",
  examples: ["codexuse bench", "codexuse bench --target=http://127.0.0.1:8080/v1/responses --target-key=file:key.txt"],
  args: {
    full: { type: "boolean", description: "More rounds and more open streams; takes some minutes" },
    target: { type: "string", description: "URL of another proxy's Responses route, measured with the same load" },
    "target-key": { type: "string", description: "Bearer for --target: file:PATH, or - for standard input" },
    part: { type: "string", options: [...PARTS], hidden: true, description: "Be one of the bench's own processes" },
  },
  async run(args, io) {
    const part = PARTS.find((name) => name === args.part);
    if (part !== undefined) {
      await runPart(part, io.env, (line) => io.stdout.write(line));
      return null;
    }
    // Holding thousands of streams open takes as many requests.
    setRuntimeVariables(io);
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    stopped.catch(() => undefined);
    const ignore = io.onStopSignal(() => reject(new OperationError("cancelled", "The bench was stopped.")));
    const report = await runBench(
      {
        env: io.env,
        program: io.self,
        part: [...io.self, "bench"],
        openDesk: io.doors.openDesk,
        other: await readOther(io, args.target, args["target-key"]),
      },
      args.full === true ? FULL_PLAN : SHORT_PLAN,
      (text) => io.tell("info", text),
      undefined,
      stopped,
    ).finally(ignore);
    return answer(documentOf(report), render(report, io), [
      "Medians over rounds in which all take turns; 'direct' is upstream itself. Nothing left this machine.",
    ]);
  },
});
