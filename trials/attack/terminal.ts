/** Names that would steer a terminal, wherever they came from: the command line shows them without their power. */
import type { Desk } from "../../src/operations/operation.ts";
import { runCli } from "../../test/support/run-cli.ts";
import { Breaches, type Trial } from "../trial.ts";
import { createSettingsDesk } from "./terminal-desk.ts";

const COMMANDS: readonly string[] = [
  "account-pool status --runtime=daemon",
  "account-pool keys list --runtime=daemon",
  "account-pool sessions list --runtime=daemon",
  "account-pool sessions show ses_evil --runtime=daemon",
  "account-pool explain turn_evil --runtime=daemon",
  "account-pool explain ses_evil --runtime=daemon",
  "account-pool models list",
  "account-pool aliases list",
  "account-pool profiles list",
  "account-pool profiles remove \u001b[2Jnobody",
  "account-pool keys revoke \u001b[2Jnobody --runtime=daemon",
  "profile list",
  "profile refresh \u001b[2Jnobody",
  "profile reserve \u001b]0;owned\u0007 5",
  "nonsense\u001b[2J",
  "profile list --flag\u001b[2J",
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

function judge(breaches: Breaches, words: string, terminal: string, text: string): void {
  const found = STEERING.exec(text);
  if (found === null) return;
  const code = found[0].charCodeAt(0).toString(16);
  breaches.add(
    `codexuse ${JSON.stringify(words)} ${terminal}: U+${code} in ${JSON.stringify(text.slice(found.index - 20, found.index + 30))}`,
  );
}

async function tryAll(desk: Desk, breaches: Breaches): Promise<number> {
  let tried = 0;
  for (const words of COMMANDS) {
    for (const terminal of [undefined, { columns: 100, colours: false }]) {
      for (const line of [words, `${words} --json`]) {
        const run = await runCli(line, { desk, ...(terminal === undefined ? {} : { terminal }) });
        judge(breaches, line, terminal === undefined ? "in a pipe" : "on a terminal", run.stdout + run.stderr);
        tried += 1;
      }
    }
  }
  return tried;
}

export const terminalTrial: Trial = {
  name: "terminal escapes",
  async run() {
    const breaches = new Breaches();
    const { desk, close } = await createSettingsDesk();
    try {
      const tried = await tryAll(desk, breaches);
      return {
        name: "terminal escapes",
        tried: `${tried} commands over names of profiles, keys, models, sessions and reasons that hold escapes and bidi marks`,
        found: "no control character came out",
        breaches: breaches.list(),
      };
    } finally {
      await close();
    }
  },
};
