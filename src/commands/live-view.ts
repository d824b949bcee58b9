/**
 * Shows something again and again until a person has seen enough. On a terminal it is drawn over itself, on a screen of
 * its own, so that nothing flickers and what was there before comes back; elsewhere it is printed each time.
 */
import type { CommandIo } from "./command-io.ts";

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const TO_TOP = "\u001b[H";
const CLEAR_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
/** Terminals that know it show a frame as a whole; the others pass over it. */
const FRAME_BEGIN = "\u001b[?2026h";
const FRAME_END = "\u001b[?2026l";

const QUIT_KEYS: ReadonlySet<string> = new Set(["q", "Q", "\u0003", "\u0004", "\u001b"]);

/** The lines over what was drawn before, none more than fit. */
export function frameOf(lines: readonly string[], rows: number): string {
  const shown = lines.slice(0, Math.max(1, rows - 1));
  const text = shown.map((line) => line + CLEAR_LINE_END).join("\r\n");
  return `${FRAME_BEGIN}${TO_TOP}${text}\r\n${CLEAR_BELOW}${FRAME_END}`;
}

export interface LiveView {
  readonly everyMs: number;
  /** The lines as they are now; asked anew each time. */
  draw(): Promise<readonly string[]>;
}

/** Returns when somebody quits: with q or Ctrl-C on a terminal, by a signal anywhere. */
export async function showLive(io: CommandIo, view: LiveView): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<"ended">();
  const quit = () => end("ended");
  const forgets = [io.onStopSignal(quit)];
  const onScreen = io.stdout.isTty;
  if (onScreen) {
    await io.stdout.write(ENTER);
    forgets.push(io.stdin.onKey((key) => (QUIT_KEYS.has(key) ? quit() : undefined)));
  }
  try {
    for (let first = true; ; first = false) {
      const lines = await view.draw();
      if (onScreen) await io.stdout.write(frameOf(lines, io.stdout.rows));
      else await io.stdout.write(`${first ? "" : "\n"}${lines.join("\n")}\n`);
      if ((await Promise.race([ended, Bun.sleep(view.everyMs)])) === "ended") return;
    }
  } finally {
    for (const forget of forgets) forget();
    if (onScreen) await io.stdout.write(LEAVE);
  }
}
