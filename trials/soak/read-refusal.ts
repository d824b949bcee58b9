/** What does a refusal of the pool say of its accounts? Reads the body as a client got it, and judges nothing. */

/** What a refusal says of one account. */
export interface ToldAccount {
  readonly profile: string;
  readonly reason: string;
}

export interface ToldRefusal {
  readonly code: string;
  readonly accounts: readonly ToldAccount[];
  /** Names of those that could have served and were not asked. One that was asked and failed says so in its reason. */
  readonly standBy: readonly string[];
}

/** A refusal's body as it was told: in one piece, or as the only event of a stream. */
export function readRefusal(text: string): ToldRefusal {
  const accounts = [...text.matchAll(/"profile":"([^"]*)","reason":"([^"]*)"/g)].map(
    ([, profile = "", reason = ""]) => ({ profile, reason }),
  );
  const standBy = accounts.filter(({ reason }) => reason === "eligible").map(({ profile }) => profile);
  return { code: /"code":"([^"]*)"/.exec(text)?.[1] ?? "none", accounts, standBy };
}
