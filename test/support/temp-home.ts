/** Folders that a test may fill as it likes; gone when it has ended. */
import { onTestFinished } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder (0700) for this test alone. Call it inside a test. */
export function useTempHome(): string {
  const { path, remove } = makeTempHome();
  onTestFinished(remove);
  return path;
}

/** The same for hooks and scripts, where the caller says when it goes. */
export function makeTempHome(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "codexuse-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
