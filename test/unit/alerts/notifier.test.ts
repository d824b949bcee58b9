import { describe, expect, test } from "bun:test";
import { callOf, findNotifier, type Notifier } from "../../../src/alerts/notifier.ts";

const HOSTILE = `-x'; $(touch /tmp/no) "& <b>Ann</b>\u001b[31m\u202e\nsecond ’line`;
const PLAIN = `-x'; $(touch /tmp/no) "& <b>Ann</b>[31m\nsecond ’line`;

function call(name: Notifier["name"]) {
  return callOf({ name, program: `/bin/${name}` }, { title: "codexuse", body: HOSTILE });
}

describe("what a name may do to a notification", () => {
  test("nothing to notify-send: no flag, no markup, no control character", () => {
    const { words, env } = call("notify-send");
    const body = PLAIN.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    expect(words).toEqual(["/bin/notify-send", "--app-name=codexuse", "--", "codexuse", body]);
    expect(env).toEqual({});
  });

  test("nothing to AppleScript: text is an argument, never a part of the script", () => {
    const { words } = call("osascript");
    expect(words.slice(-2)).toEqual(["codexuse", PLAIN]);
    expect(words.slice(0, -2).join(" ")).not.toContain("Ann");
  });

  test("nothing to PowerShell: text is in variables, never a part of the script", () => {
    const { words, env } = call("powershell");
    expect(env).toEqual({ CODEXUSE_ALERT_TITLE: "codexuse", CODEXUSE_ALERT_BODY: PLAIN });
    const script = Buffer.from(words.at(-1) ?? "", "base64").toString("utf16le");
    expect(script).toContain("CreateTextNode($env:CODEXUSE_ALERT_BODY)");
    expect(script).not.toContain("Ann");
  });
});

describe("which notifier there is", () => {
  const everything = (program: string) => `/bin/${program}`;
  const desktop = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1000/bus" };
  const table: readonly (readonly [platform: string, env: Record<string, string>, name: string | null])[] = [
    ["linux", desktop, "notify-send"],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, "notify-send"],
    ["linux", { DISPLAY: ":0" }, "notify-send"],
    ["linux", {}, null],
    ["linux", { DISPLAY: "" }, null],
    ["darwin", {}, "osascript"],
    ["win32", {}, "powershell"],
    ["freebsd", desktop, null],
  ];
  for (const [platform, env, name] of table) {
    test(`is ${name ?? "none"} on ${platform} with ${JSON.stringify(env)}`, () => {
      expect(findNotifier(platform, env, everything)?.name ?? null).toBe(name as never);
    });
  }

  test("is none where the program is missing", () => {
    expect(findNotifier("linux", desktop, () => null)).toBeNull();
  });
});
