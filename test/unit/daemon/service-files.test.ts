import { describe, expect, test } from "bun:test";
import { agentPath, renderLaunchdPlist } from "../../../src/daemon/launchd-plist.ts";
import { passedEnvironment, placesOf, type ServicePlan } from "../../../src/daemon/service-plan.ts";
import { parseUnitState } from "../../../src/daemon/systemctl.ts";
import { readSystemdUnit, renderSystemdUnit } from "../../../src/daemon/systemd-unit.ts";
import { renderWindowsTask } from "../../../src/daemon/windows-task.ts";
import { parseXml, type XmlElement } from "../../support/parse-xml.ts";
import { useTempHome } from "../../support/temp-home.ts";
import { complaintsAbout } from "../../support/verify-unit.ts";

const PLAIN: ServicePlan = {
  scope: "system",
  self: ["/usr/bin/env"],
  home: null,
  port: null,
  user: null,
  environment: {},
  credentials: {},
  owned: [],
};
/** Every character that some format takes for its own. */
const NASTY = `/tmp/a b%n"c'd$HOME<e>&\\f`;

const PLANS: Readonly<Record<string, ServicePlan>> = {
  "of the machine": PLAIN,
  "of the machine, with everything": {
    ...PLAIN,
    home: "/srv/pool",
    port: 4000,
    user: "root",
    environment: { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "localhost,.example" },
    credentials: { "telegram-bot-token": "/etc/codexuse/telegram-bot-token", "master-key": "/etc/codexuse/master-key" },
    owned: ["/etc/codexuse/telegram-bot-token"],
  },
  "of a user": { ...PLAIN, scope: "user", home: "/home/me/.codexuse" },
  "of a user, with strange names": {
    ...PLAIN,
    scope: "user",
    self: ["/usr/bin/env", NASTY],
    home: NASTY,
    credentials: { "telegram-bot-token": "/home/me/a b/token" },
  },
};

describe("a systemd unit", () => {
  for (const [name, plan] of Object.entries(PLANS)) {
    test(`${name} is one that systemd understands`, () => {
      expect(complaintsAbout(renderSystemdUnit(plan), plan.scope, useTempHome())).toBe("");
    });
  }

  const text = renderSystemdUnit(PLANS["of the machine, with everything"] ?? PLAIN);
  const lines = text.split("\n");

  test("is ready when the daemon says so, is watched, and leaves turns the time to end", () => {
    expect(lines).toContain("Type=notify");
    expect(lines).toContain("NotifyAccess=main");
    expect(lines.some((line) => /^WatchdogSec=\d+$/.test(line))).toBe(true);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(35);
  });

  test("is hardened, but lets the engine compile", () => {
    for (const line of ["NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077"]) {
      expect(lines).toContain(line);
    }
    expect(lines.filter((line) => line.startsWith("MemoryDenyWriteExecute"))).toEqual([]);
  });

  test("lifts the cap on open requests and hands over what is secret as credentials only", () => {
    expect(lines).toContain('Environment="BUN_CONFIG_MAX_HTTP_REQUESTS=16384"');
    expect(lines).toContain('Environment="MIMALLOC_PURGE_DELAY=10000"');
    expect(lines).toContain("LoadCredential=master-key:/etc/codexuse/master-key");
    expect(lines).toContain("LoadCredential=telegram-bot-token:/etc/codexuse/telegram-bot-token");
  });

  test("has a state folder of systemd's making, unless a home was chosen", () => {
    expect(renderSystemdUnit(PLAIN)).toContain("\nStateDirectory=codexuse\n");
    expect(renderSystemdUnit(PLAIN)).not.toContain("CODEXUSE_HOME");
    expect(text).not.toContain("StateDirectory");
    expect(lines).toContain('ReadWritePaths="/srv/pool"');
  });

  test("of a user asks for nothing that only root may do", () => {
    const own = renderSystemdUnit(PLANS["of a user"] ?? PLAIN);
    for (const word of ["Capability", "ProtectSystem", "PrivateTmp", "User=", "network-online"]) {
      expect(own).not.toContain(word);
    }
  });

  test("is known again as ours, with the files that came with it", () => {
    expect(readSystemdUnit(text)).toEqual({ owned: ["/etc/codexuse/telegram-bot-token"], home: "/srv/pool" });
    expect(readSystemdUnit(renderSystemdUnit({ ...PLAIN, owned: [NASTY] }))).toEqual({ owned: [NASTY], home: null });
    expect(readSystemdUnit(renderSystemdUnit({ ...PLAIN, home: NASTY }))?.home).toBe(NASTY);
    expect(readSystemdUnit("[Unit]\nDescription=codexuse by hand\n")).toBeNull();
  });
});

describe("where a unit goes", () => {
  test("follows the scope and the owner's folder of settings", () => {
    expect(placesOf("system", {}, "/home/me").unit).toBe("/etc/systemd/system/codexuse.service");
    expect(placesOf("user", {}, "/home/me").unit).toBe("/home/me/.config/systemd/user/codexuse.service");
    expect(placesOf("user", { XDG_CONFIG_HOME: "/cfg" }, "/home/me").unit).toBe("/cfg/systemd/user/codexuse.service");
  });
});

describe("the environment that goes along", () => {
  test("is that of bases and proxies, without passwords that everybody could read", () => {
    const { passed, withheld } = passedEnvironment({
      PATH: "/bin",
      CODEXUSE_HOME: "/h",
      CODEXUSE_OPENAI_URL: "https://gate.example/v1",
      HTTPS_PROXY: "http://me:secret@proxy:1",
      NO_PROXY: "localhost",
      HTTP_PROXY: "",
    });
    expect(passed).toEqual({ CODEXUSE_OPENAI_URL: "https://gate.example/v1", NO_PROXY: "localhost" });
    expect(withheld).toEqual(["HTTPS_PROXY"]);
  });
});

/** What `<key>` and the value behind it say, for a dictionary. */
function entriesOf(dict: XmlElement): Map<string, XmlElement> {
  const entries = new Map<string, XmlElement>();
  for (let index = 0; index + 1 < dict.children.length; index += 2) {
    const [key, value] = [dict.children[index], dict.children[index + 1]];
    if (key?.name !== "key" || value === undefined) throw new Error("not a dictionary");
    entries.set(key.text, value);
  }
  return entries;
}

describe("a launchd agent (never run on a Mac)", () => {
  test("is a property list that says what to run and when", () => {
    const plist = parseXml(renderLaunchdPlist({ ...PLAIN, self: ["/opt/codexuse", NASTY], home: NASTY, port: 4000 }));
    expect([plist.name, plist.children.length]).toEqual(["plist", 1]);
    const agent = entriesOf(plist.children[0] ?? plist);
    const words = agent.get("ProgramArguments")?.children.map((word) => word.text);
    expect(words).toEqual(["/opt/codexuse", NASTY, "daemon", "run", "--port=4000"]);
    expect(agent.get("RunAtLoad")?.name).toBe("true");
    expect(entriesOf(agent.get("KeepAlive") ?? plist).get("SuccessfulExit")?.name).toBe("false");
    const environment = entriesOf(agent.get("EnvironmentVariables") ?? plist);
    expect(environment.get("CODEXUSE_HOME")?.text).toBe(NASTY);
    expect(agentPath("/Users/me")).toBe(`/Users/me/Library/LaunchAgents/${agent.get("Label")?.text}.plist`);
  });
});

/** The element down this way of names. */
function at(element: XmlElement, ...names: readonly string[]): XmlElement {
  const [name, ...rest] = names;
  if (name === undefined) return element;
  const child = element.children.find((candidate) => candidate.name === name);
  if (child === undefined) throw new Error(`no <${name}> in <${element.name}>`);
  return at(child, ...rest);
}

describe("a scheduled task (never run on Windows)", () => {
  test("is a task that says what to run and that it may run for ever", () => {
    const self = ["C:\\Program Files\\codexuse.exe", 'C:\\a b\\"c"\\'];
    const task = parseXml(renderWindowsTask({ ...PLAIN, self, port: 4000 }));
    expect(at(task, "Actions", "Exec", "Command").text).toBe("C:\\Program Files\\codexuse.exe");
    expect(at(task, "Actions", "Exec", "Arguments").text).toBe('"C:\\a b\\\\\\"c\\"\\\\" daemon run --port=4000');
    expect(at(task, "Settings", "ExecutionTimeLimit").text).toBe("PT0S");
    expect(at(task, "Triggers", "LogonTrigger", "Enabled").text).toBe("true");
  });
});

describe("what systemd says of a unit", () => {
  const rows: readonly (readonly [text: string, state: ReturnType<typeof parseUnitState>])[] = [
    [
      "ActiveState=active\nResult=success\nMainPID=4711\nStatusText=Serving at http://127.0.0.1:3773/v1\n",
      { active: "active", result: "success", pid: 4711, port: 3773 },
    ],
    [
      "MainPID=0\nResult=exit-code\nActiveState=failed\nStatusText=\n",
      { active: "failed", result: "exit-code", pid: null, port: null },
    ],
    ["", { active: "unknown", result: "unknown", pid: null, port: null }],
  ];
  for (const [text, state] of rows) {
    test(`is read from ${JSON.stringify(text.slice(0, 24))}`, () => expect(parseUnitState(text)).toEqual(state));
  }
});
