/** Everything that happened in a world, line by line, and one hash of it all: the same seed must give the same hash. */

export interface Trace {
  add(atMs: number, what: string, facts?: Readonly<Record<string, unknown>>): void;
  lines(): readonly string[];
  hash(): string;
}

export function openTrace(startMs: number): Trace {
  const lines: string[] = [];
  return {
    add(atMs, what, facts = {}) {
      const told = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
      lines.push([`+${((atMs - startMs) / 1_000).toFixed(3)}s`, what, ...told].join(" "));
    },
    lines: () => lines,
    hash: () => new Bun.CryptoHasher("sha256").update(lines.join("\n")).digest("hex").slice(0, 16),
  };
}
