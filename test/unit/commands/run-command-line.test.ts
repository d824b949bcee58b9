import { describe, expect, test } from "bun:test";
import { EXIT_CODES } from "../../../src/commands/exit-codes.ts";
import { OPERATION_ERRORS, OperationError } from "../../../src/operations/operation.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import { VERSION } from "../../../src/version.ts";
import { aDesk } from "../../support/a-desk.ts";
import { aCredential, aProfile } from "../../support/records.ts";
import { runCli } from "../../support/run-cli.ts";

/** A desk that fails with `error` as soon as its settings are needed. */
function failingDesk(error: unknown) {
  return {
    ...aDesk(),
    settings: () => {
      throw error;
    },
  };
}

describe("help", () => {
  test("shows usage, commands and examples, on stdout, without colours in a pipe", async () => {
    const { code, stdout, stderr } = await runCli("--help");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Usage: codexuse <command> [options]");
    expect(stdout).toContain("account-pool  ");
    expect(stdout).not.toContain("\u001b");
  });

  for (const line of [
    "-h",
    "help",
    "daemon --help",
    "daemon -h",
    "help daemon",
    "daemon start --help",
    "help daemon start",
  ]) {
    test(`is shown for "${line}"`, async () => {
      const { code, stdout } = await runCli(line);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^[A-Z].*\.\n/);
      expect(stdout).toContain("Examples:");
    });
  }

  test("wins over everything else that is typed", async () => {
    const { code, stdout } = await runCli("daemon start --port --nonsense --help");
    expect(code).toBe(0);
    expect(stdout).toContain("codexuse daemon start [options]");
  });

  test("is coloured on a terminal that wants colours and fits its width", async () => {
    const { stdout } = await runCli("account-pool --help", { terminal: { columns: 60, colours: true } });
    expect(stdout).toContain("\u001b[1mUsage:");
    for (const line of Bun.stripANSI(stdout).split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(60);
  });

  test("does not name what only our own processes use", async () => {
    const { stdout } = await runCli("bench --help");
    expect(stdout).toContain("--target-key=");
    expect(stdout).not.toContain("--part");
    const { code, stderr } = await runCli("bench --part=nonsense");
    expect([code, stderr.split("\n")[0]]).toEqual([
      2,
      "error: --part is one of pretend-upstream, simulator, bare-proxy, reading-proxy.",
    ]);
  });

  test("is one document with --json", async () => {
    const { stdout } = await runCli("daemon --help --json");
    expect(JSON.parse(stdout).help).toContain("codexuse daemon");
  });
});

describe("the version", () => {
  test("is said in both forms", async () => {
    expect(await runCli("--version")).toMatchObject({ code: 0, stdout: `codexuse ${VERSION} (source)\n` });
    expect(JSON.parse((await runCli("--version --json")).stdout)).toEqual({ version: VERSION, commit: "source" });
  });
});

const mistakes: readonly (readonly [line: string, says: string])[] = [
  ["", 'A command is missing after "codexuse".'],
  ["daemon", 'A command is missing after "codexuse daemon".'],
  ["daemno", 'Did you mean "codexuse daemon"?'],
  ["daemon strat", 'Did you mean "codexuse daemon start"?'],
  ["daemon frobnicate", "See codexuse daemon --help"],
  ["--runtime=daemon account-pool status", "Unknown option --runtime=daemon before a command."],
  ["constructor", 'Unknown command "codexuse constructor".'],
  ["account-pool status --runtime", "Option --runtime needs a value."],
  ["account-pool status extra", 'Unexpected word "extra".'],
  ["account-pool routing fastest", "<routing> is one of least-used, round-robin."],
  ["daemon start --port=70000", "--port is a number from 0 to 65535."],
  ["daemon start --port=http", "--port is a number from 0 to 65535."],
  ["daemon logs -n x", "--lines is a number."],
  ["daemon logs -f --json", "--follow never ends"],
  ["profile reserve work 101", "<percent> is a number from 0 to 100."],
  ["profile reserve work much", "<percent> is a number from 0 to 100."],
];

describe("a usage mistake", () => {
  for (const [line, says] of mistakes) {
    test(`in "${line}" is exit code 2, said on stderr`, async () => {
      const { code, stdout, stderr } = await runCli(line, { desk: aDesk() });
      expect(code).toBe(2);
      if (line.includes("--json")) expect(JSON.parse(stdout).error.message).toContain(says);
      else expect([stdout, stderr.includes(says)]).toEqual(["", true]);
    });
  }

  test("leads to the page of its command when nothing nearer is known", async () => {
    const { stderr } = await runCli("profile rename one");
    expect(stderr).toBe("error: Missing <new>.\ninfo: See codexuse profile rename --help\n");
  });

  test("is a document with --json, wherever that stands", async () => {
    for (const line of ["--json daemon strat", "daemon strat --json", "--json"]) {
      const { code, stdout, stderr } = await runCli(line);
      expect([code, stderr]).toEqual([2, ""]);
      expect(JSON.parse(stdout).error).toMatchObject({ code: "usage" });
    }
  });

  test("is not a flag behind the double dash", async () => {
    const { code, stdout } = await runCli("profile remove -- --json", { desk: aDesk() });
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("an error", () => {
  for (const reason of OPERATION_ERRORS) {
    test(`"${reason}" ends with exit code ${EXIT_CODES[reason]} in both forms`, async () => {
      const desk = failingDesk(new OperationError(reason, "It went wrong.", "Do this."));
      const said = await runCli("account-pool enable", { desk });
      expect(said).toMatchObject({
        code: EXIT_CODES[reason],
        stdout: "",
        stderr: `${reason === "cancelled" ? "info" : "error"}: It went wrong.\ninfo: Do this.\n`,
      });
      const { code, stdout, stderr } = await runCli("account-pool enable --json", { desk });
      expect([code, stderr]).toEqual([EXIT_CODES[reason], ""]);
      expect(JSON.parse(stdout)).toEqual({ error: { code: reason, message: "It went wrong.", hint: "Do this." } });
    });
  }

  test("of the home folder is said in its own words", async () => {
    const desk = failingDesk(new StoreError("locked", "It is held.", "Wait."));
    const { code, stderr } = await runCli("account-pool enable", { desk });
    expect([code, stderr]).toEqual([1, "error: It is held.\ninfo: Wait.\n"]);
  });

  test("of ours is an id and plain words, without a stack or the text of the error", async () => {
    const desk = failingDesk(new Error("secret cux_pool_abc"));
    const { code, stderr } = await runCli("account-pool enable", { desk });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Something went wrong inside codexuse \([0-9a-f]{8}\)\./);
    expect(stderr).not.toMatch(/secret| at |\.ts/);
    const { stdout } = await runCli("account-pool enable --json", { desk });
    expect(JSON.parse(stdout).error.code).toBe("internal");
  });

  test("of ours shows its stack to whoever asks for it", async () => {
    const desk = failingDesk(new Error("a defect"));
    const { stderr } = await runCli("account-pool enable", { desk, env: { CODEXUSE_DEBUG: "1" } });
    expect(stderr).toContain("a defect");
    expect(stderr).toContain(".ts:");
  });
});

describe("an answer", () => {
  test("is values on stdout and talk on stderr", async () => {
    const { code, stdout, stderr } = await runCli("account-pool routing round-robin", { desk: aDesk() });
    expect([code, stdout]).toEqual([0, "Routing: least-used → round-robin\n"]);
    expect(stderr).toBe("info: Running sessions stay on the profile they are on.\n");
  });

  test("is exactly one document with --json, and nothing on stderr", async () => {
    const { stdout, stderr } = await runCli("--json account-pool routing round-robin", { desk: aDesk() });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ before: { routing: "least-used" }, after: { routing: "round-robin" } });
  });

  test("takes values behind a space as well as behind a sign", async () => {
    const desk = aDesk();
    for (const line of ["--name=a --runtime=daemon", "--name a --runtime daemon"]) {
      const { stdout } = await runCli(`account-pool keys create ${line} --json`, { desk });
      expect(JSON.parse(stdout)).toMatchObject({ name: "a", runtime: "daemon" });
    }
  });
});

describe("a question", () => {
  const terminal = { columns: 80, colours: false };

  function withProfile() {
    const desk = aDesk();
    desk.settingsStore.addProfile(aProfile({ name: "work" }), aCredential());
    return desk;
  }

  test("is asked on a terminal, and a no changes nothing", async () => {
    const desk = withProfile();
    const { code, questions, stderr } = await runCli("profile remove work", { desk, terminal, says: false });
    expect([code, questions]).toEqual([2, ['Delete profile "work" and its credentials?']]);
    expect(stderr).toContain("Nothing was changed.");
    expect(desk.settingsStore.profileNamed("work")).not.toBeNull();
  });

  test("is asked on a terminal, and a yes does it", async () => {
    const desk = withProfile();
    expect(await runCli("profile remove work", { desk, terminal, says: true })).toMatchObject({ code: 0 });
    expect(desk.settingsStore.profileNamed("work")).toBeNull();
  });

  test("is not asked with --yes", async () => {
    const { code, questions } = await runCli("profile remove work --yes", { desk: withProfile(), terminal });
    expect([code, questions]).toEqual([0, []]);
  });

  for (const line of ["profile remove work", "account-pool keys revoke key_1"]) {
    test(`is not asked where nobody can answer: "${line}"`, async () => {
      const desk = withProfile();
      expect(await runCli(line, { desk })).toMatchObject({ code: 2, questions: [] });
      expect(await runCli(`${line} --json`, { desk, terminal })).toMatchObject({ code: 2, questions: [] });
      expect(desk.settingsStore.profileNamed("work")).not.toBeNull();
    });
  }
});
