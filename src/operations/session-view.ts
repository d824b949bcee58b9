/** A session as its owner sees it: names instead of ids where there are any. */
import { type Static, Type } from "typebox";
import type { RuntimeStore, SessionRecord, SettingsStore } from "../ports.ts";
import { nullable, WireTime, wireTime } from "./shapes.ts";

export const SessionView = Type.Object({
  id: Type.String(),
  profile: nullable(Type.String()),
  model: Type.String(),
  key: Type.String(),
  key_name: nullable(Type.String()),
  turns: Type.Number(),
  rollovers: Type.Number(),
  last_rollover: nullable(Type.Object({ from: Type.String(), to: Type.String(), reason: Type.String(), at: WireTime })),
  created_at: WireTime,
  last_used_at: WireTime,
  affinity: Type.String(),
});
export type SessionView = Static<typeof SessionView>;

/** Null names stand for profiles and keys that were removed since. */
function sessionView(session: SessionRecord, profile: string | null, keyName: string | null): SessionView {
  const { lastRollover } = session;
  return {
    id: session.id,
    profile,
    model: session.model,
    key: session.keyId,
    key_name: keyName,
    turns: session.turns,
    rollovers: session.rollovers,
    last_rollover:
      lastRollover === null
        ? null
        : {
            from: lastRollover.from,
            to: lastRollover.to,
            reason: lastRollover.reason,
            at: wireTime(lastRollover.atMs),
          },
    created_at: wireTime(session.createdAtMs),
    last_used_at: wireTime(session.lastUsedAtMs),
    affinity: session.affinity,
  };
}

/** The views of these sessions in their order, each name looked up once. */
export function readSessions(
  settings: SettingsStore,
  store: RuntimeStore,
  sessions: readonly SessionRecord[],
): SessionView[] {
  const profiles = new Map(settings.profiles().map((profile) => [profile.id, profile.name]));
  const nameOf = (id: string) => profiles.get(id) ?? "a removed profile";
  const keys = new Map(store.keys().map((key) => [key.id, key.name]));
  return sessions.map((session) =>
    sessionView(
      withNames(session, nameOf),
      profiles.get(session.profileId ?? "") ?? null,
      keys.get(session.keyId) ?? null,
    ),
  );
}

/** A rollover is kept by the profiles' ids, which stay when they are renamed. */
function withNames(session: SessionRecord, nameOf: (id: string) => string): SessionRecord {
  const { lastRollover } = session;
  if (lastRollover === null) return session;
  const { from, to } = lastRollover;
  return { ...session, lastRollover: { ...lastRollover, from: nameOf(from), to: nameOf(to) } };
}
