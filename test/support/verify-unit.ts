/** Asks systemd itself whether it understands a unit; where there is none, looks at the form alone. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that systemd has to complain about; empty for a sound unit. */
export function complaintsAbout(text: string, scope: "user" | "system", folder: string): string {
  const place = join(folder, scope);
  mkdirSync(place, { recursive: true });
  const path = join(place, "codexuse.service");
  writeFileSync(path, text);
  const words = [...(scope === "user" ? ["--user"] : []), "verify", "--man=no", path];
  const run = spawnSync("systemd-analyze", words, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: folder },
  });
  if (run.error !== undefined) return complaintsAboutForm(text);
  return run.status === 0 ? run.stderr : `ended with ${run.status}: ${run.stderr}`;
}

function complaintsAboutForm(text: string): string {
  const strange = text.split("\n").filter((line) => !/^(\[\w+\]|#.*|[\w-]+=.*|)$/.test(line));
  return strange.join("\n");
}
