/** Which program shows an address in the person's browser? Pure. */

import type { Environment } from "../ports.ts";

/**
 * The words to run, or null where a browser would open for nobody: on a box without a screen, or in front of another
 * person than the one who came in from afar. `BROWSER` is the owner's own word and always counts.
 */
export function browserWords(platform: string, env: Environment, url: string): readonly string[] | null {
  const own = env["BROWSER"];
  if (own) return [own, url];
  if (env["SSH_CONNECTION"] || env["SSH_TTY"]) return null;
  switch (platform) {
    case "darwin":
      return ["open", url];
    case "win32":
      // `start` belongs to cmd, which would read the & of an address as its own.
      return ["rundll32", "url.dll,FileProtocolHandler", url];
    default:
      if (env["WSL_DISTRO_NAME"]) return ["wslview", url];
      return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open", url] : null;
  }
}
