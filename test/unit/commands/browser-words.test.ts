import { expect, test } from "bun:test";
import { browserWords } from "../../../src/commands/browser-words.ts";

const URL = "https://auth.example/authorize?a=1&b=2";

const table: readonly (readonly [
  given: string,
  platform: string,
  env: Record<string, string>,
  words: readonly string[] | null,
])[] = [
  ["a desktop under X", "linux", { DISPLAY: ":0" }, ["xdg-open", URL]],
  ["a desktop under Wayland", "linux", { WAYLAND_DISPLAY: "wayland-0" }, ["xdg-open", URL]],
  ["a box without a screen", "linux", {}, null],
  ["Linux within Windows", "linux", { WSL_DISTRO_NAME: "Debian" }, ["wslview", URL]],
  ["a Mac", "darwin", {}, ["open", URL]],
  ["Windows, whose & must stay one", "win32", {}, ["rundll32", "url.dll,FileProtocolHandler", URL]],
  ["a desktop reached from afar", "linux", { DISPLAY: ":10", SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, null],
  ["a Mac reached from afar", "darwin", { SSH_TTY: "/dev/ttys001" }, null],
  [
    "the owner's own word, also from afar",
    "linux",
    { BROWSER: "/bin/lynx", SSH_TTY: "/dev/pts/1" },
    ["/bin/lynx", URL],
  ],
];

for (const [given, platform, env, words] of table) {
  test(`${given}: ${words?.[0] ?? "nothing"}`, () => {
    expect(browserWords(platform, env, URL)).toEqual(words);
  });
}
