/** A desk whose stores were filled behind the back of every check: names with escapes, as tampering or upstream would leave. */
import type { Desk } from "../../src/operations/operation.ts";
import { aCooldown, aCredential, aKey, aProfile, aSession, aTurn } from "../../test/support/records.ts";
import { closeDesk, openTrialHome } from "../support/trial-home.ts";

const EVIL = "\u001b[2J\u001b]0;owned\u0007\u202eevil\u2066\r\n\tx\u009b31m";

export async function createSettingsDesk(): Promise<{ readonly desk: Desk; close(): Promise<void> }> {
  const home = await openTrialHome({ accounts: 1 });
  const desk = await home.openDesk();
  const [settings, runtime] = [desk.settings(), desk.runtime("daemon")];
  const profile = aProfile({
    id: "evil",
    name: `evil${EVIL}`,
    email: `${EVIL}@example.test`,
    plan: EVIL,
    accountKey: "evil",
    selected: true,
  });
  settings.addProfile(profile, aCredential());
  settings.setCooldown("evil", aCooldown({ reason: EVIL, untilMs: Date.now() + 3_600_000 }));
  settings.addAlias({ name: `alias${EVIL}`, model: "gpt-5.5", effort: EVIL, fast: false });
  settings.writeCatalogue({
    accountKey: "evil",
    etag: EVIL,
    models: [{ slug: `model${EVIL}`, display_name: EVIL, supported_reasoning_levels: [] }],
    fetchedAtMs: Date.now(),
  });
  settings.setModelHidden(`hidden${EVIL}`, true);
  runtime.addKey(aKey({ id: "key_evil", name: EVIL, hash: "c".repeat(64) }));
  runtime.saveSession(
    aSession({
      id: "ses_evil",
      keyId: "key_evil",
      profileId: "evil",
      model: EVIL,
      affinity: EVIL,
      lastUsedAtMs: Date.now(),
    }),
  );
  runtime.recordTurn(
    aTurn({
      id: "turn_evil",
      sessionId: "ses_evil",
      keyId: "key_evil",
      model: EVIL,
      upstreamModel: EVIL,
      profile: `evil${EVIL}`,
      startedAtMs: Date.now(),
      attempts: [{ profile: `evil${EVIL}`, outcome: EVIL, reason: EVIL, ms: 5 }],
      considered: [{ profile: `evil${EVIL}`, verdict: "excluded", reason: EVIL }],
    }),
  );
  return {
    desk,
    close: async () => {
      closeDesk(desk);
      await home.remove();
    },
  };
}
