/** Reads the text that Prometheus reads, and refuses whatever Prometheus would refuse or a reviewer of names would. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)$`);

function parseLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  const plain = (value: string) => value.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, plain(value)]));
}

function parseSample(line: string): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`not a sample: ${line}`);
  const [, name = "", labels = "", value = ""] = match;
  return { name, labels: parseLabels(labels), value: Number(value.replace("Inf", "Infinity")) };
}

function parseFamily(block: string): Family {
  const [help = "", type = "", ...rest] = block.split("\n");
  const [, name = "", words = ""] = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(help) ?? [];
  const [, typed = "", kind = ""] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(type) ?? [];
  if (name === "" || typed !== name) throw new Error(`not a family: ${help} / ${type}`);
  const samples = rest.map(parseSample);
  const suffixes = kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  const stray = samples.find((sample) => !suffixes.some((suffix) => sample.name === `${name}${suffix}`));
  if (stray !== undefined) throw new Error(`${stray.name} is no sample of ${name}`);
  return { name, type: kind as Family["type"], help: words, samples };
}

function checkUnique(families: readonly Family[]): void {
  const seen = new Set<string>();
  const keyOf = ({ name, labels }: Sample) => `${name}${JSON.stringify(Object.entries(labels).sort())}`;
  for (const key of [...families.map(({ name }) => name), ...families.flatMap(({ samples }) => samples.map(keyOf))]) {
    if (seen.has(key)) throw new Error(`twice: ${key}`);
    seen.add(key);
  }
}

function checkHistogram({ name, samples }: Family): void {
  const buckets = samples.filter((sample) => sample.name.endsWith("_bucket"));
  const total = samples.find((sample) => sample.name.endsWith("_count"))?.value;
  const isRising = buckets.every(({ value }, index) => index === 0 || value >= (buckets[index - 1]?.value ?? 0));
  const last = buckets.at(-1);
  if (!isRising || last?.labels["le"] !== "+Inf" || last.value !== total) throw new Error(`${name} does not add up`);
}

/** Throws on anything that is not the format, on doubles, and on names that are against Prometheus' conventions. */
export function parseMetrics(text: string): readonly Family[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = text.trimEnd().split("\n\n").map(parseFamily);
  checkUnique(families);
  for (const family of families) {
    if ((family.type === "counter") !== family.name.endsWith("_total")) throw new Error(`a misnamed ${family.name}`);
    if (family.type === "histogram") checkHistogram(family);
  }
  return families;
}

/** The value of one sample; null when there is none. */
export function sampleOf(
  families: readonly Family[],
  name: string,
  labels: Record<string, string> = {},
): number | null {
  const samples = families.flatMap((family) => family.samples).filter((sample) => sample.name === name);
  const found = samples.filter((sample) =>
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`${found.length} samples fit ${name} ${JSON.stringify(labels)}`);
  return found[0]?.value ?? null;
}
