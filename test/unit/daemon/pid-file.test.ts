import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { claimPidFile, pidFilePath, readPidFile, releasePidFile } from "../../../src/daemon/pid-file.ts";
import { useTempHome } from "../../support/temp-home.ts";

const OWN = process.pid;
/** Beyond what any system hands out. */
const NOBODY = 2 ** 30;

describe("the pid file", () => {
  test("holds the process id alone, for nobody else to read", () => {
    const home = useTempHome();
    expect(claimPidFile(home, "daemon", OWN, Date.now())).toBeNull();
    const path = pidFilePath(home, "daemon");
    expect(readFileSync(path, "utf8")).toBe(`${OWN}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readPidFile(home, "daemon", Date.now())?.pid).toBe(OWN);
  });

  test("keeps a second process of the same runtime out, but not the other runtime", () => {
    const home = useTempHome();
    claimPidFile(home, "daemon", OWN, Date.now());
    expect(claimPidFile(home, "daemon", OWN + 1, Date.now())?.pid).toBe(OWN);
    expect(claimPidFile(home, "desktop", OWN, Date.now())).toBeNull();
  });

  test("is taken over from a process that is gone (trap 46)", () => {
    const home = useTempHome();
    writeFileSync(pidFilePath(home, "daemon"), `${NOBODY}\n`);
    expect(claimPidFile(home, "daemon", OWN, Date.now())).toBeNull();
    expect(readPidFile(home, "daemon", Date.now())?.pid).toBe(OWN);
  });

  test("is taken over from a process that only has the old one's id (trap 46)", () => {
    const home = useTempHome();
    const path = pidFilePath(home, "daemon");
    writeFileSync(path, `${OWN}\n`);
    utimesSync(path, 1_000, 1_000);
    expect(readPidFile(home, "daemon", Date.now())).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  test("is written anew when the system gave this process the id of the one before", () => {
    const home = useTempHome();
    writeFileSync(pidFilePath(home, "daemon"), `${OWN}\n`);
    expect(claimPidFile(home, "daemon", OWN, Date.now())).toBeNull();
    expect(readPidFile(home, "daemon", Date.now())?.pid).toBe(OWN);
  });

  for (const content of ["", "not a number", "-1", "0", "1", "1e99", "12 34"]) {
    test(`is cleared away when it holds "${content}"`, () => {
      const home = useTempHome();
      writeFileSync(pidFilePath(home, "daemon"), content);
      expect(readPidFile(home, "daemon", Date.now())).toBeNull();
      expect(existsSync(pidFilePath(home, "daemon"))).toBe(false);
    });
  }

  test("is given back by its holder only", () => {
    const home = useTempHome();
    claimPidFile(home, "daemon", OWN, Date.now());
    releasePidFile(home, "daemon", OWN + 1);
    expect(readPidFile(home, "daemon", Date.now())?.pid).toBe(OWN);
    releasePidFile(home, "daemon", OWN);
    expect(readPidFile(home, "daemon", Date.now())).toBeNull();
    releasePidFile(home, "daemon", OWN);
  });
});
