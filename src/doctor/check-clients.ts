/** Do clients that were set up still point at a runtime of this home? */
import { existsSync, readFileSync } from "node:fs";
import { baseUrlOf, type Places } from "../operations/runtime-address.ts";
import { RUNTIMES, type Runtime } from "../ports.ts";
import { type Finding, finding } from "./finding.ts";

/** Where the provider of ours in Codex's configuration points; null when there is none. */
function providerUrl(text: string): string | null {
  try {
    const config = Bun.TOML.parse(text) as { model_providers?: { codexuse?: { base_url?: unknown } } };
    const url = config.model_providers?.codexuse?.base_url;
    return typeof url === "string" ? url : null;
  } catch (error) {
    // Codex itself says so when it starts.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `codexConfig` is the path of Codex's configuration. */
export function checkClients(codexConfig: string, placesOf: (runtime: Runtime) => Places): Finding[] {
  if (!existsSync(codexConfig)) return [];
  const url = providerUrl(readFileSync(codexConfig, "utf8"));
  if (url === null) return [];
  const places = RUNTIMES.flatMap((runtime) => {
    const { port, freePort } = placesOf(runtime);
    return (freePort === null ? [port] : [port, freePort]).map(baseUrlOf);
  });
  if (places.includes(url)) return [];
  const text = `Codex is set up for ${url}, where no runtime of this home serves (${places.join(", ")}).`;
  return [finding("warning", "client-elsewhere", text, "codexuse setup codex --runtime=daemon, or desktop")];
}
