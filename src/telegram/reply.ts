/** What a chat is shown: text and buttons. Knows nothing of the library that carries it. */

export interface Button {
  readonly text: string;
  /** A command as it could be typed. At most 64 bytes, so names travel as tags. */
  readonly command: string;
}

export interface Reply {
  readonly text: string;
  /** Row by row. */
  readonly buttons: readonly (readonly Button[])[];
}

/** Telegram's own bound for a message, with room for an ellipsis. */
const TEXT_LENGTH_MAX = 4_000;

/** Text from elsewhere must not steer the reading direction or hide anything. */
function plain(text: string): string {
  return text.replace(/[\p{Cf}\p{Co}\p{Cs}]|(?!\n)\p{Cc}/gu, "");
}

export function reply(lines: readonly string[], buttons: readonly (readonly Button[])[] = []): Reply {
  const text = plain(lines.join("\n"));
  const clipped = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
  return { text: clipped, buttons: buttons.filter((row) => row.length > 0) };
}

/** Two to a row, which fits a phone. */
export function inPairs(buttons: readonly Button[]): Button[][] {
  return buttons.flatMap((button, index) =>
    index % 2 === 0 ? [[button, ...buttons.slice(index + 1, index + 2)]] : [],
  );
}
