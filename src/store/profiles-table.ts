/**
 * Which sign-ins are saved? Rows without secrets; those lie in `credentials`. The one exception is a proxy's address,
 * which may hold a password: it is sealed like them.
 */
import type { ProfileRecord, SettingsStore } from "../ports.ts";
import type { Connection } from "./connection.ts";
import { openProxyColumn, type ProxyColumn } from "./proxy-column.ts";
import { memberOf, toFlag } from "./row-values.ts";
import type { Sealing } from "./sealing.ts";

interface ProfileRow {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly ownership: string;
  readonly link_path: string | null;
  readonly account_key: string;
  readonly workspace_id: string | null;
  readonly user_id: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly fedramp: number;
  readonly selected: number;
  readonly reserve_percent: number;
  readonly proxy_url: string | null;
  readonly sign_in_reason: string | null;
  readonly sign_in_since_ms: number | null;
  readonly created_at_ms: number;
}

const KINDS: readonly ProfileRecord["kind"][] = ["chatgpt", "api-key"];
const OWNERSHIPS: readonly ProfileRecord["ownership"][] = ["owned", "linked"];

const COLUMNS = `id, name, kind, ownership, link_path, account_key, workspace_id, user_id, email, plan, fedramp,
  selected, reserve_percent, proxy_url, sign_in_reason, sign_in_since_ms, created_at_ms`;

const INSERT = `
  INSERT INTO profiles (${COLUMNS}, name_folded)
  VALUES ($id, $name, $kind, $ownership, $linkPath, $accountKey, $workspaceId, $userId, $email, $plan, $fedramp,
    $selected, $reservePercent, $proxyUrl, $signInReason, $signInSinceMs, $createdAtMs, $nameFolded)
  ON CONFLICT (name_folded) DO NOTHING`;

const UPDATE = `
  UPDATE profiles
  SET name = $name, name_folded = $nameFolded, kind = $kind, ownership = $ownership, link_path = $linkPath,
    account_key = $accountKey, workspace_id = $workspaceId, user_id = $userId, email = $email, plan = $plan,
    fedramp = $fedramp, selected = $selected, reserve_percent = $reservePercent, proxy_url = $proxyUrl,
    sign_in_reason = $signInReason, sign_in_since_ms = $signInSinceMs, created_at_ms = $createdAtMs
  WHERE id = $id`;

export interface ProfilesTable extends Pick<SettingsStore, "profiles" | "profileNamed" | "updateProfile"> {
  /** False when the name is taken; nothing is written then. */
  insertProfile(profile: ProfileRecord): boolean;
  /** Removes the profile and, with it, its credential. Answers the account that now has no profile left, else null. */
  deleteProfile(id: string): string | null;
  markSignedIn(id: string): void;
  /** Seals every proxy's address anew with the key of this id. */
  resealProxies(keyId: string): void;
}

export function profilesTable(connection: Connection, sealing: Sealing): ProfilesTable {
  const proxies = openProxyColumn(sealing);
  const selectAll = connection.prepare<ProfileRow>(`SELECT ${COLUMNS} FROM profiles ORDER BY created_at_ms, rowid`);
  const selectById = connection.prepare<ProfileRow>(`SELECT ${COLUMNS} FROM profiles WHERE id = ?`);
  const selectByName = connection.prepare<ProfileRow>(`SELECT ${COLUMNS} FROM profiles WHERE name_folded = ?`);
  const selectSibling = connection.prepare<{ id: string }>("SELECT id FROM profiles WHERE account_key = ? LIMIT 1");
  const insertRow = connection.prepare(INSERT);
  const updateRow = connection.prepare(UPDATE);
  const updateSignIn = connection.prepare(
    "UPDATE profiles SET sign_in_reason = NULL, sign_in_since_ms = NULL WHERE id = ?",
  );
  const updateProxy = connection.prepare("UPDATE profiles SET proxy_url = $proxyUrl WHERE id = $id");
  const deleteRow = connection.prepare<{ account_key: string }>(
    "DELETE FROM profiles WHERE id = ? RETURNING account_key",
  );

  return {
    profiles: () => selectAll.all().map((row) => profileOf(row, proxies)),

    profileNamed: (name) => {
      const row = selectByName.get(foldName(name));
      return row === null ? null : profileOf(row, proxies);
    },

    insertProfile: (profile) =>
      connection.commit(() => {
        const proxyUrl = proxies.seal(profile.id, profile.proxyUrl);
        return insertRow.run(columnsOf(profile, proxyUrl)).changes === 1;
      }),

    updateProfile: (id, change) =>
      connection.commit(() => {
        const row = selectById.get(id);
        if (row === null) return false;
        const next: ProfileRecord = { ...profileOf(row, proxies), ...change };
        const namesake = selectByName.get(foldName(next.name));
        if (namesake !== null && namesake.id !== id) return false;
        // As it was, also when it cannot be opened here: only its own change may replace it.
        const proxyUrl = change.proxyUrl === undefined ? row.proxy_url : proxies.seal(id, change.proxyUrl);
        updateRow.run(columnsOf(next, proxyUrl));
        return true;
      }),

    deleteProfile: (id) =>
      connection.commit(() => {
        const accountKey = deleteRow.get(id)?.account_key ?? null;
        return accountKey === null || selectSibling.get(accountKey) !== null ? null : accountKey;
      }),

    markSignedIn: (id) => {
      connection.commit(() => updateSignIn.run(id));
    },

    resealProxies: (keyId) => {
      connection.commit(() => {
        for (const { id, proxy_url: column } of selectAll.all()) {
          if (column !== null) updateProxy.run({ id, proxyUrl: proxies.reseal(id, column, keyId) });
        }
      });
    },
  };
}

/** Names differ only when people would call them different: neither by case nor by how an accent is encoded. */
function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function profileOf(row: ProfileRow, proxies: ProxyColumn): ProfileRecord {
  return {
    id: row.id,
    name: row.name,
    kind: memberOf(KINDS, row.kind, "profiles.kind"),
    ownership: memberOf(OWNERSHIPS, row.ownership, "profiles.ownership"),
    linkPath: row.link_path,
    accountKey: row.account_key,
    workspaceId: row.workspace_id,
    userId: row.user_id,
    email: row.email,
    plan: row.plan,
    fedramp: row.fedramp === 1,
    selected: row.selected === 1,
    reservePercent: row.reserve_percent,
    proxyUrl: proxies.open(row.id, row.proxy_url),
    signIn:
      row.sign_in_reason === null
        ? { state: "ok" }
        : { state: "needed", reason: row.sign_in_reason, sinceMs: row.sign_in_since_ms ?? 0 },
    createdAtMs: row.created_at_ms,
  };
}

/** `proxyUrl` as its column holds it. */
function columnsOf(profile: ProfileRecord, proxyUrl: string | null): Record<string, string | number | null> {
  const { signIn, fedramp, selected, ...sameColumns } = profile;
  return {
    ...sameColumns,
    proxyUrl,
    nameFolded: foldName(profile.name),
    fedramp: toFlag(fedramp),
    selected: toFlag(selected),
    signInReason: signIn.state === "ok" ? null : signIn.reason,
    signInSinceMs: signIn.state === "ok" ? null : signIn.sinceMs,
  };
}
