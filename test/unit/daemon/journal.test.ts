import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isServiceOf } from "../../../src/commands/daemon/own-service.ts";
import { showJournal } from "../../../src/commands/daemon/show-journal.ts";
import { renderSystemdUnit } from "../../../src/daemon/systemd-unit.ts";
import { aCommandIo } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";
import { waitUntil } from "../../support/wait-until.ts";

const WAIT_MS = 10_000;

/** A search path that has nothing but a journalctl of these lines of shell. */
function aJournalctl(script: string): { readonly env: Record<string, string>; asked(): string } {
  const folder = useTempHome();
  const asked = join(folder, "asked.txt");
  const program = join(folder, "journalctl");
  writeFileSync(program, `#!/bin/sh\necho "$@" > '${asked}'\n${script}\n`);
  chmodSync(program, 0o755);
  return { env: { PATH: folder }, asked: () => readFileSync(asked, "utf8").trim() };
}

describe("the log of a service of the machine", () => {
  test("is what the journal has of its unit", async () => {
    const { env, asked } = aJournalctl("echo one; echo two; echo '-- No entries --'");
    const given = await showJournal(aCommandIo({ env }), 7, false);
    expect(given).toMatchObject({
      document: { log: "journal:codexuse.service", lines: ["one", "two"] },
      text: "one\ntwo",
    });
    expect(asked()).toBe("--unit=codexuse.service --lines=7 --output=cat --no-pager");
  });

  test("is followed until a signal comes, and leaves no process behind", async () => {
    const { env, asked } = aJournalctl("echo one; exec /bin/sleep 60");
    const io = aCommandIo({ env });
    const shown = showJournal(io, 5, true);
    await waitUntil("the first line", () => io.out.join("") === "one\n", WAIT_MS);
    io.signal("SIGINT");
    expect(await shown).toBeNull();
    expect(asked()).toEndWith("--follow");
  });

  const troubles: readonly (readonly [what: string, script: string | null, reason: string, words: string])[] = [
    ["nothing to be seen", "echo '-- No entries --'", "not-found", "systemd-journal"],
    ["a refusal", "echo 'Failed to open: no' >&2; exit 1", "failed", "Failed to open: no"],
    ["no journalctl", null, "failed", "no journalctl here"],
  ];
  for (const [what, script, reason, words] of troubles) {
    test(`says what to do about ${what}`, async () => {
      const env = script === null ? { PATH: useTempHome() } : aJournalctl(script).env;
      const error = await showJournal(aCommandIo({ env }), 5, false).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason });
      const { message, hint } = error as { message: string; hint: string | null };
      expect(`${message} ${hint}`).toContain(words);
    });
  }

  test("is meant for the home that the unit names, or for the state folder that systemd makes", () => {
    const plan = { scope: "system", self: ["/bin/codexuse"], port: null, user: null } as const;
    const rest = { environment: {}, credentials: {}, owned: [] };
    const own = renderSystemdUnit({ ...plan, ...rest, home: "/srv/pool" });
    const made = renderSystemdUnit({ ...plan, ...rest, home: null });
    expect([isServiceOf(own, "/srv/pool"), isServiceOf(own, "/root/.codexuse")]).toEqual([true, false]);
    expect([isServiceOf(made, "/var/lib/codexuse"), isServiceOf(made, "/srv/pool")]).toEqual([true, false]);
    expect(isServiceOf("[Service]\nExecStart=/bin/true\n", "/var/lib/codexuse")).toBe(false);
  });
});
