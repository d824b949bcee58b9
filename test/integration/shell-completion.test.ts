/** The scripts of `codexuse completion`, in the shells that this machine has; bash is everywhere. */
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { bareEnvironment, expectExit, runProcess } from "../support/run-process.ts";
import { useTempHome } from "../support/temp-home.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");

/** Runs a script in a shell that finds `codexuse` on its path; answers its lines. */
async function runShell(words: readonly string[], script: string): Promise<string[]> {
  const folder = useTempHome();
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "codexuse"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(join(bin, "codexuse"), 0o755);
  writeFileSync(join(folder, "a file.json"), "{}");
  const path = `${bin}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = bareEnvironment(folder, { PATH: path, CODEXUSE_HOME: join(folder, "home"), TERM: "dumb" });
  const run = expectExit(await runProcess([...words, script], { cwd: folder, env }), 0);
  expect(run.stderr).toBe("");
  return run.stdout.trimEnd().split("\n");
}

const BASH = `
source <(codexuse completion bash)
try() { COMP_WORDS=(codexuse "$@"); COMP_CWORD=$#; _codexuse_complete; printf '%s;' "\${COMPREPLY[@]}"; echo; }
try dae
try account-pool keys create --runtime = d
try daemon install --p
try profile import "a"
complete -p codexuse
`;

/** zsh's own \`compadd\` works in its editor only; this one tells what it was given. */
const ZSH = `
compdef() { :; }
compadd() { local name="\${@[-1]}"; print -rn -- "\${(j:;:)\${(P)name}}"; print -- " \${@[2]}"; }
_files() { print files; }
source <(codexuse completion zsh)
try() { words=(codexuse "$@"); CURRENT=$#words; _codexuse; }
try dae
try account-pool keys create --runtime=d
try daemon install --p
try profile import a
`;

const FISH = `
codexuse completion fish 2>/dev/null | source
for line in "codexuse dae" "codexuse account-pool keys create --runtime=d" "codexuse daemon install --p" "codexuse profile import a"
  echo (complete -C $line | string replace -r '\\t.*' '')
end
`;

describe("completion", () => {
  test("works in bash", async () => {
    const lines = await runShell(["bash", "--norc", "-c"], BASH.replace("bash)", "bash 2>/dev/null)"));
    expect(lines.slice(0, 4)).toEqual(["daemon;", "desktop;daemon;", "--port=;--print;", "a file.json;"]);
    expect(lines[4]).toBe("complete -F _codexuse_complete codexuse");
  });

  const others: readonly (readonly [shell: string, run: () => Promise<void>])[] = [
    [
      "zsh",
      async () => {
        const lines = await runShell(["zsh", "-f", "-c"], ZSH.replace("zsh)", "zsh 2>/dev/null)"));
        expect(lines).toEqual([
          "daemon -d",
          "--runtime=desktop;--runtime=daemon -d",
          "--port= -S",
          "--print -d",
          "files",
        ]);
      },
    ],
    [
      "fish",
      async () => {
        const lines = await runShell(["fish", "--no-config", "-c"], FISH);
        const found = ["daemon", "--runtime=daemon --runtime=desktop", "--port= --print", "a file.json"];
        expect(lines.map((line) => line.split(" ").sort().join(" "))).toEqual(
          found.map((line) => line.split(" ").sort().join(" ")),
        );
      },
    ],
  ];
  for (const [shell, run] of others.filter(([shell]) => Bun.which(shell) !== null)) test(`works in ${shell}`, run);
});
