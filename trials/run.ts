/**
 * `npm run trials -- <faults|load|soak|attack|fuzz|all> [--short] [--only=NAME] [--seed=N] [--minutes=N] [--write] [--json]`:
 * puts the product to trial and says what came of it. Exit code 1 when anything did not hold.
 */
import { parseArgs } from "node:util";
import { attackTrials } from "./attack/trials.ts";
import { faultTrials } from "./faults/trials.ts";
import { fuzzTrials } from "./fuzz/trials.ts";
import { loadTrials } from "./load/trials.ts";
import { renderRows, writeRecord, writeRows } from "./record.ts";
import { soakTrials } from "./soak/trials.ts";
import { TRIAL_CLASSES, type Trial, type TrialClass, type TrialOptions, type TrialRow } from "./trial.ts";

const TRIALS: Readonly<Record<TrialClass, readonly Trial[]>> = {
  faults: faultTrials,
  load: loadTrials,
  soak: soakTrials,
  attack: attackTrials,
  fuzz: fuzzTrials,
};

const USUAL_SEED = 20_261_122;

async function runTrial(trial: Trial, options: TrialOptions): Promise<TrialRow> {
  options.say(`${trial.name} …`);
  try {
    return await trial.run(options);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: trial.name, tried: "", found: "it stopped", breaches: [text] };
  }
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    only: { type: "string" },
    seed: { type: "string" },
    minutes: { type: "string" },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const wanted = TRIAL_CLASSES.filter((name) => positionals.includes(name) || positionals.includes("all"));
if (wanted.length === 0) {
  console.error(`usage: npm run trials -- ${TRIAL_CLASSES.join("|")}|all [--short] [--only=NAME] [--seed=N] [--write]`);
  process.exit(2);
}

const seed = flags.seed === undefined ? USUAL_SEED : Number(flags.seed);
const minutes = flags.minutes === undefined ? null : Number(flags.minutes);
const options: TrialOptions = { short: flags.short, seed, minutes, say: (text) => console.error(text) };
const broken: string[] = [];
for (const name of wanted) {
  const startedAt = performance.now();
  const rows: TrialRow[] = [];
  for (const trial of TRIALS[name].filter((trial) => flags.only === undefined || trial.name.includes(flags.only))) {
    rows.push(await runTrial(trial, options));
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(flags.json ? JSON.stringify({ class: name, seed, seconds, rows }) : `${renderRows(rows)}\n`);
  for (const row of rows) broken.push(...row.breaches.map((breach) => `${name}, ${row.name}: ${breach}`));
  const words = `npm run trials -- ${name}${flags.short ? " --short" : ""}${minutes === null ? "" : ` --minutes=${minutes}`}`;
  if (flags.write && flags.only !== undefined) writeRows(rows);
  if (flags.write && flags.only === undefined) {
    writeRecord({ class: name, words, seconds, rows }, new Date().toISOString().slice(0, 10));
  }
}
for (const breach of broken) console.error(`broken: ${breach}`);
if (broken.length > 0) console.error(`To see it again, add --seed=${seed}`);
process.exit(broken.length === 0 ? 0 : 1);
