/**
 * What is true of an account? Windows, cooldowns, credits and measured capacity, shared by every profile and process.
 * What each value means for a choice is a rule and not decided here; only the older of two observations is dropped.
 */
import type { AccountFacts, SettingsStore } from "../ports.ts";
import type { AccountState, Cooldown, Credits, QuotaWindow } from "../router/rules/account-state.ts";
import { STRAGGLER_MS } from "../router/rules/believable.ts";
import type { Connection } from "./connection.ts";
import { memberOf, toFlag } from "./row-values.ts";

interface WindowRow {
  readonly limit_id: string;
  readonly minutes: number;
  readonly used_percent: number;
  readonly resets_at_ms: number | null;
  readonly observed_at_ms: number;
}

interface CooldownRow {
  readonly model: string;
  readonly reason: string;
  readonly since_ms: number;
  readonly until_ms: number;
  readonly until_source: string;
  readonly strikes: number;
}

interface AccountRow {
  readonly credits_available: number | null;
  readonly credits_unlimited: number | null;
  readonly credits_observed_at_ms: number | null;
  readonly tokens_per_percent: number | null;
}

const UNTIL_SOURCES: readonly Cooldown["untilSource"][] = ["upstream", "assumed"];
/** Stands for "no model in particular" in a key column, which cannot be null. */
const WHOLE_ACCOUNT = "";

// None of these sorts: with ORDER BY, SQLite compiles the statement anew for every account it is asked for.
const SELECT_WINDOWS = `
  SELECT limit_id, minutes, used_percent, resets_at_ms, observed_at_ms
  FROM windows WHERE account_key = ?`;

const SELECT_COOLDOWNS = `
  SELECT model, reason, since_ms, until_ms, until_source, strikes
  FROM cooldowns WHERE account_key = ?`;

const SELECT_ACCOUNT = `
  SELECT credits_available, credits_unlimited, credits_observed_at_ms, tokens_per_percent
  FROM accounts WHERE account_key = ?`;

// The rule of `replacesObservation`, as SQL.
const MERGE_WINDOW = `
  INSERT INTO windows (account_key, limit_id, minutes, used_percent, resets_at_ms, observed_at_ms)
  VALUES ($accountKey, $limit, $minutes, $usedPercent, $resetsAtMs, $observedAtMs)
  ON CONFLICT (account_key, limit_id, minutes) DO UPDATE
  SET used_percent = excluded.used_percent, resets_at_ms = excluded.resets_at_ms,
    observed_at_ms = excluded.observed_at_ms
  WHERE excluded.observed_at_ms >= windows.observed_at_ms
    OR windows.observed_at_ms > excluded.observed_at_ms + ${STRAGGLER_MS}`;

const WRITE_CREDITS = `
  INSERT INTO accounts (account_key, credits_available, credits_unlimited, credits_observed_at_ms)
  VALUES ($accountKey, $available, $unlimited, $observedAtMs)
  ON CONFLICT (account_key) DO UPDATE
  SET credits_available = excluded.credits_available, credits_unlimited = excluded.credits_unlimited,
    credits_observed_at_ms = excluded.credits_observed_at_ms
  WHERE accounts.credits_observed_at_ms IS NULL OR excluded.credits_observed_at_ms >= accounts.credits_observed_at_ms
    OR accounts.credits_observed_at_ms > excluded.credits_observed_at_ms + ${STRAGGLER_MS}`;

const WRITE_CAPACITY = `
  INSERT INTO accounts (account_key, tokens_per_percent) VALUES ($accountKey, $tokensPerPercent)
  ON CONFLICT (account_key) DO UPDATE SET tokens_per_percent = excluded.tokens_per_percent`;

const SET_COOLDOWN = `
  INSERT OR REPLACE INTO cooldowns (account_key, model, reason, since_ms, until_ms, until_source, strikes)
  VALUES ($accountKey, $model, $reason, $sinceMs, $untilMs, $untilSource, $strikes)`;

type Doors =
  | "accountState"
  | "mergeWindows"
  | "writeCredits"
  | "writeTokensPerPercent"
  | "writeFacts"
  | "setCooldown"
  | "clearCooldown";

export interface AccountsTable extends Pick<SettingsStore, Doors> {
  /** Removes everything known about an account. */
  forgetAccount(accountKey: string): void;
}

export function accountsTable(connection: Connection): AccountsTable {
  const mergeWindow = connection.prepare(MERGE_WINDOW);
  const writeCredits = connection.prepare(WRITE_CREDITS);
  const writeCapacity = connection.prepare(WRITE_CAPACITY);
  const setCooldown = connection.prepare(SET_COOLDOWN);
  const deleteCooldown = connection.prepare("DELETE FROM cooldowns WHERE account_key = ? AND model = ?");
  const deleteCooldowns = connection.prepare("DELETE FROM cooldowns WHERE account_key = ?");
  const deleteWindows = connection.prepare("DELETE FROM windows WHERE account_key = ?");
  const deleteAccount = connection.prepare("DELETE FROM accounts WHERE account_key = ?");

  function writeFact({ accountKey, windows, credits, tokensPerPercent }: AccountFacts): void {
    for (const window of windows) mergeWindow.run({ accountKey, ...window });
    if (credits !== null) writeCredits.run(creditColumns(accountKey, credits));
    if (tokensPerPercent !== null) writeCapacity.run({ accountKey, tokensPerPercent });
  }

  return {
    accountState: prepareAccountState(connection),

    mergeWindows: (accountKey, windows) => {
      if (windows.length === 0) return;
      connection.commit(() => {
        for (const window of windows) mergeWindow.run({ accountKey, ...window });
      });
    },

    writeCredits: (accountKey, credits) => {
      connection.commit(() => writeCredits.run(creditColumns(accountKey, credits)));
    },

    writeTokensPerPercent: (accountKey, tokensPerPercent) => {
      connection.commit(() => writeCapacity.run({ accountKey, tokensPerPercent }));
    },

    writeFacts: (facts) => {
      connection.commitBriefly(() => facts.forEach(writeFact));
    },

    setCooldown: (accountKey, cooldown) => {
      connection.commit(() => setCooldown.run({ ...cooldown, accountKey, model: cooldown.model ?? WHOLE_ACCOUNT }));
    },

    clearCooldown: (accountKey, model) => {
      connection.commit(() =>
        model === "all" ? deleteCooldowns.run(accountKey) : deleteCooldown.run(accountKey, model ?? WHOLE_ACCOUNT),
      );
    },

    forgetAccount: (accountKey) => {
      connection.commit(() => {
        for (const statement of [deleteCooldowns, deleteWindows, deleteAccount]) statement.run(accountKey);
      });
    },
  };
}

/** Three point reads: cheap enough for every candidate of every turn. Windows and cooldowns come in no order. */
function prepareAccountState(connection: Connection): (accountKey: string) => AccountState {
  const selectWindows = connection.prepare<WindowRow>(SELECT_WINDOWS);
  const selectCooldowns = connection.prepare<CooldownRow>(SELECT_COOLDOWNS);
  const selectAccount = connection.prepare<AccountRow>(SELECT_ACCOUNT);
  return (accountKey) => {
    const account = selectAccount.get(accountKey);
    return {
      windows: selectWindows.all(accountKey).map(windowOf),
      cooldowns: selectCooldowns.all(accountKey).map(cooldownOf),
      credits: creditsOf(account),
      tokensPerPercent: account?.tokens_per_percent ?? null,
    };
  };
}

function creditColumns(accountKey: string, { available, unlimited, observedAtMs }: Credits) {
  return { accountKey, available: toFlag(available), unlimited: toFlag(unlimited), observedAtMs };
}

function windowOf(row: WindowRow): QuotaWindow {
  return {
    limit: row.limit_id,
    minutes: row.minutes,
    usedPercent: row.used_percent,
    resetsAtMs: row.resets_at_ms,
    observedAtMs: row.observed_at_ms,
  };
}

function cooldownOf(row: CooldownRow): Cooldown {
  return {
    model: row.model === WHOLE_ACCOUNT ? null : row.model,
    reason: row.reason,
    sinceMs: row.since_ms,
    untilMs: row.until_ms,
    untilSource: memberOf(UNTIL_SOURCES, row.until_source, "cooldowns.until_source"),
    strikes: row.strikes,
  };
}

function creditsOf(row: AccountRow | null): Credits | null {
  if (row === null || row.credits_observed_at_ms === null) return null;
  return {
    available: row.credits_available === 1,
    unlimited: row.credits_unlimited === 1,
    observedAtMs: row.credits_observed_at_ms,
  };
}
