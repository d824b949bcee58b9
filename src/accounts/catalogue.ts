/**
 * Which models does upstream offer to an account?
 *
 * Owns fetching the list of one account and keeping the last good one: a failure, an empty or an unreadable answer never
 * shrinks what is stored. Entries stay exactly as upstream wrote them.
 */
import type { CatalogueRecord, Identity, ProfileRecord, SettingsStore } from "../ports.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { type AccountDesk, askAsAccount } from "./ask-as-account.ts";
import { newestVersion } from "./codex-client.ts";
import { asFields, readField, readText } from "./json-fields.ts";
import { writePatiently } from "./write-patiently.ts";

export type FetchedCatalogue =
  | { readonly kind: "fetched"; readonly catalogue: CatalogueRecord }
  /** The last good list, null when there never was one, and why it was not replaced. */
  | { readonly kind: "kept"; readonly catalogue: CatalogueRecord | null; readonly reason: string };

export interface CatalogueDesk extends AccountDesk {
  readonly settings: SettingsStore;
  /** Versions of Codex known on this machine; the newest one decides what upstream shows. */
  readonly codexVersions?: readonly (string | null)[];
}

/** Asks upstream and stores the list for the profile's account. Rejects only with the reason of `signal`. */
export async function fetchCatalogue(
  desk: CatalogueDesk,
  profile: ProfileRecord,
  signal: AbortSignal,
): Promise<FetchedCatalogue> {
  const version = newestVersion(desk.codexVersions ?? []);
  const answer = await askAsAccount(desk, profile.id, (identity) => modelsUrl(identity, version), signal);
  const last = desk.settings.catalogue(profile.accountKey);
  if (answer.kind === "failed") return { kind: "kept", catalogue: last, reason: answer.reason };
  if (answer.status !== 200) return { kind: "kept", catalogue: last, reason: `status-${answer.status}` };
  const models = parseModels(parseJson(answer.text));
  if (models === null || models.length === 0) return { kind: "kept", catalogue: last, reason: "broken-answer" };
  const catalogue: CatalogueRecord = {
    accountKey: profile.accountKey,
    etag: answer.headers.get("etag"),
    models,
    fetchedAtMs: desk.wire.clock.now(),
  };
  await writePatiently(desk.settings, desk.wire.clock, () => desk.settings.writeCatalogue(catalogue));
  return { kind: "fetched", catalogue };
}

/** The platform's list takes no version. */
function modelsUrl(identity: Identity, version: string): string {
  return identity.kind === "api-key"
    ? `${identity.baseUrl}/models`
    : `${identity.baseUrl}/models?client_version=${version}`;
}

/** Entries that name a model (`slug` for ChatGPT, `id` on the platform); null when the answer has no list of models. */
export function parseModels(json: unknown): readonly Record<string, unknown>[] | null {
  const body = asFields(json);
  const list = readField(body, "models") ?? readField(body, "data");
  if (!Array.isArray(list)) return null;
  return list.flatMap((item) => {
    const entry = asFields(item);
    const isNamed = (readText(entry, "slug") ?? readText(entry, "id")) !== null;
    return entry !== null && isNamed ? [entry] : [];
  });
}
