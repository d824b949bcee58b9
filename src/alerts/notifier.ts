/**
 * How does a system show a notification, and does this one? Owns the programs and their words; what is said is the
 * caller's. Text is given as arguments or variables and never becomes a part of a script or of markup.
 */

import type { Environment } from "../ports.ts";

export const NOTIFIERS = ["notify-send", "osascript", "powershell"] as const;
export type NotifierName = (typeof NOTIFIERS)[number];

export interface Notification {
  readonly title: string;
  /** Lines are kept. */
  readonly body: string;
}

/** What is to be run: no shell is asked. */
export interface NotifierCall {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Notifier {
  readonly name: NotifierName;
  /** Path of the program. */
  readonly program: string;
}

const OSASCRIPT = [
  "on run argv",
  "display notification (item 2 of argv) with title (item 1 of argv)",
  "end run",
] as const;

/** The toast's text is put into nodes of a document, so that nothing in it is read as markup. */
const TOAST_SCRIPT = `
$ErrorActionPreference = 'Stop'
[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] | Out-Null
$kind = [Windows.UI.Notifications.ToastTemplateType]::ToastText02
$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($kind)
$lines = $toast.GetElementsByTagName('text')
$lines.Item(0).AppendChild($toast.CreateTextNode($env:CODEXUSE_ALERT_TITLE)) | Out-Null
$lines.Item(1).AppendChild($toast.CreateTextNode($env:CODEXUSE_ALERT_BODY)) | Out-Null
$program = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
$shown = New-Object Windows.UI.Notifications.ToastNotification $toast
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($program).Show($shown)
`;

/** A server of notifications may read a body as markup. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Lines are kept; whatever else could steer a display is left out. */
function plain(text: string): string {
  return text.replace(/[\p{Cf}\p{Co}\p{Cs}]|(?!\n)\p{Cc}/gu, "");
}

/** Pure. */
export function callOf({ name, program }: Notifier, { title, body }: Notification): NotifierCall {
  const [head, text] = [plain(title), plain(body)];
  switch (name) {
    case "notify-send":
      return { words: [program, "--app-name=codexuse", "--", head, escapeMarkup(text)], env: {} };
    case "osascript":
      return { words: [program, ...OSASCRIPT.flatMap((line) => ["-e", line]), head, text], env: {} };
    case "powershell": {
      const script = Buffer.from(TOAST_SCRIPT, "utf16le").toString("base64");
      const words = [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand", script];
      return { words, env: { CODEXUSE_ALERT_TITLE: head, CODEXUSE_ALERT_BODY: text } };
    }
  }
}

const BY_PLATFORM: Readonly<Record<string, NotifierName>> = {
  linux: "notify-send",
  darwin: "osascript",
  win32: "powershell",
};

/** Whether somebody may be looking: without a session of a desktop, notifications go nowhere. */
function hasDisplay(platform: string, env: Environment): boolean {
  if (platform !== "linux") return true;
  return ["DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "DISPLAY"].some((name) => Boolean(env[name]));
}

/** Null where this machine shows none. `which` finds a program in the search path. */
export function findNotifier(
  platform: string,
  env: Environment,
  which: (program: string) => string | null,
): Notifier | null {
  const name = BY_PLATFORM[platform];
  if (name === undefined || !hasDisplay(platform, env)) return null;
  const program = which(name);
  return program === null ? null : { name, program };
}
