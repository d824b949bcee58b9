/** `codexuse doctor`. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Examined, examine } from "../doctor/examine.ts";
import type { Finding, Severity } from "../doctor/finding.ts";
import type { Environment } from "../ports.ts";
import { COMMIT, VERSION } from "../version.ts";
import { answer, defineLeaf } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit-codes.ts";
import { type Paint, padEnd, paintWith, plainText, type Style, wrap } from "./terminal-text.ts";

const STYLES: Readonly<Record<Severity | "ok", Style>> = { error: "red", warning: "yellow", note: "cyan", ok: "green" };
const LABEL_WIDTH = 9;
const NAME_WIDTH = 10;
const WIDTH_MAX = 100;

function line(label: Severity | "ok", name: string, text: string, width: number, paint: Paint): string[] {
  const indent = " ".repeat(LABEL_WIDTH + NAME_WIDTH);
  const [first = "", ...rest] = wrap(plainText(text), width - indent.length);
  const head = paint(STYLES[label], padEnd(label, LABEL_WIDTH)) + padEnd(name, NAME_WIDTH);
  return [head + first, ...rest.map((more) => indent + more)];
}

function findingLines(name: string, found: Finding, width: number, paint: Paint): string[] {
  const indent = " ".repeat(LABEL_WIDTH + NAME_WIDTH);
  const remedy = found.remedy === null ? [] : wrap(`→ ${plainText(found.remedy)}`, width - indent.length);
  return [
    ...line(found.severity, name, found.text, width, paint),
    ...remedy.map((more, index) => indent + (index === 0 ? more : `  ${more}`)),
  ];
}

function render(examined: readonly Examined[], io: CommandIo): string {
  const width = Math.min(io.stdout.columns, WIDTH_MAX);
  const paint = paintWith(io.stdout.colours);
  const lines = examined.flatMap(({ name, fine, findings }) =>
    findings.length === 0
      ? line("ok", name, fine, width, paint)
      : findings.flatMap((found) => findingLines(name, found, width, paint)),
  );
  return lines.join("\n");
}

function countNote(findings: readonly Finding[]): string {
  const count = (severity: Severity) => findings.filter((found) => found.severity === severity).length;
  const words = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return `${words(count("error"), "error")}, ${words(count("warning"), "warning")}, ${words(count("note"), "note")}.`;
}

function codexHomeOf(env: Environment): string {
  return resolve(env["CODEX_HOME"] || join(homedir(), ".codex"));
}

export const doctor = defineLeaf({
  name: "doctor",
  description: "Look for what is wrong and say what to do (exit code 1 when something does not work)",
  examples: ["codexuse doctor", "codexuse doctor --json"],
  args: {},
  async run(_args, io) {
    const desk = await io.doors.openDesk(io.env);
    const examined = await examine(desk, {
      env: io.env,
      homedir: homedir(),
      codexHome: codexHomeOf(io.env),
    });
    const findings = examined.flatMap((check) => check.findings.map((found) => ({ check: check.name, ...found })));
    const ok = !findings.some((found) => found.severity === "error");
    const document = { ok, version: VERSION, commit: COMMIT, home: desk.home, findings };
    const given = answer(document, render(examined, io), [
      findings.length === 0 ? "All is well." : countNote(findings),
    ]);
    return { ...given, exitCode: ok ? EXIT_DONE : EXIT_FAILED };
  },
});
