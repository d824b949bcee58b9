/** What befalls a world: refusals, breaks, outages, people at work elsewhere, owners who change their minds. */
import type { SimAccount, SimChatgptAccount } from "../../src/simulator/account.ts";
import { FAILURE_NAMES } from "../../src/simulator/failures.ts";
import { CONNECTION_FAULT_KINDS, connectionFault, type Fault, failure } from "../../src/simulator/fault.ts";
import { consume } from "../../src/simulator/quota.ts";
import type { Script } from "../../src/simulator/script.ts";
import { MINUTE_MS, SECOND_MS } from "./clock-units.ts";
import type { Misfortune } from "./plan.ts";
import type { Pool } from "./pool.ts";

/** Profiles of an account: its own, and the second sign-in of a twin. */
export function profileNamesOf(account: string): readonly string[] {
  return [account, `${account}-twin`];
}

/** What may befall, and how the owner mends it. `onSignIn` is told of every account that was signed in anew. */
export interface Stage {
  readonly pool: Pool;
  readonly onSignIn: (account: string) => void;
}

export function befall(stage: Stage, misfortune: Misfortune): void {
  const { pool } = stage;
  const { account } = misfortune;
  const targets = pool.sim.accounts.filter((candidate) => account === null || candidate.name === account);
  for (const target of targets) strike(stage, misfortune, target);
  strikePool(pool, misfortune);
}

function strikePool(pool: Pool, misfortune: Misfortune): void {
  const { settings, clock } = pool;
  switch (misfortune.kind) {
    case "restart":
      pool.restart();
      return;
    case "kill-in-exchange":
      pool.killBefore((record) => record.endpoint === "refresh", 5 * SECOND_MS);
      return;
    case "routing": {
      const { routing } = settings.pool();
      settings.updatePool({ routing: routing === "least-used" ? "round-robin" : "least-used" });
      return;
    }
    case "pause-pool":
      settings.updatePool({ enabled: false });
      clock.after(misfortune.lastsMs, () => settings.updatePool({ enabled: true }));
  }
}

function strike(stage: Stage, misfortune: Misfortune, target: SimAccount): void {
  const { pool } = stage;
  strikeCalls(pool, misfortune, target.script);
  strikeProfiles(pool, misfortune, target);
  if (target.kind === "api-key") {
    if (misfortune.kind === "rate-limit") limitRate(pool, misfortune, target);
    return;
  }
  strikeSignIn(stage, misfortune, target);
  strikeQuota(pool, misfortune, target);
}

/** Upstream's answers go wrong. */
function strikeCalls(pool: Pool, misfortune: Misfortune, script: Script): void {
  const { times, afterEvent } = misfortune;
  const fault = faultOf(misfortune.fault, afterEvent);
  if (fault === null) return;
  switch (misfortune.kind) {
    case "refusal":
    case "bad-stream":
      script.fail(fault, { times });
      return;
    case "outage": {
      const untilMs = pool.clock.now() + misfortune.lastsMs;
      script.fail(fault, { times: "always", matching: () => pool.clock.now() < untilMs });
      return;
    }
    case "refresh-trouble":
      script.fail(fault, { times, endpoint: "refresh" });
      return;
    case "usage-trouble":
      script.fail(fault, { times, endpoint: "usage" });
  }
}

function faultOf(name: string, afterEvent: number): Fault | null {
  const kind = CONNECTION_FAULT_KINDS.find((known) => known === name);
  if (kind !== undefined) return connectionFault(kind, { afterEvent });
  const known = FAILURE_NAMES.find((candidate) => candidate === name);
  return known === undefined ? null : failure(known, { afterEvent });
}

/** Owners keep something back for hours rather than minutes. */
const RESERVE_LASTS = 20;

/** The owner looks at the pool and signs in wherever that is wanted. */
export function mendSignIns(stage: Stage): void {
  for (const account of stage.pool.sim.accounts) {
    if (account.kind === "chatgpt" && account.state === "ok") signInAgain(stage, account);
  }
}

/** The owner edits the pool. */
function strikeProfiles(pool: Pool, misfortune: Misfortune, target: SimAccount): void {
  const { settings, clock } = pool;
  for (const name of profileNamesOf(target.name)) {
    const profile = settings.profileNamed(name);
    if (profile === null) continue;
    if (misfortune.kind === "reserve") {
      settings.updateProfile(profile.id, { reservePercent: Math.round(misfortune.amount * 50) });
      clock.after(RESERVE_LASTS * misfortune.lastsMs, () => settings.updateProfile(profile.id, { reservePercent: 0 }));
    }
    if (misfortune.kind !== "deselect") continue;
    settings.updateProfile(profile.id, { selected: false });
    clock.after(misfortune.lastsMs, () => settings.updateProfile(profile.id, { selected: true }));
  }
}

/** Sign-ins end; the owner signs in again after a while. */
function strikeSignIn(stage: Stage, misfortune: Misfortune, target: SimChatgptAccount): void {
  const { pool } = stage;
  const signIn = () => {
    target.state = "ok";
    for (const seat of seatsOf(pool, target)) signInAgain(stage, seat);
  };
  // The second look is for a sign-in that was only given up on when its answer, long under way, came in.
  const comeBack = () => {
    for (const delayMs of [0, MINUTE_MS]) pool.clock.after(misfortune.lastsMs + delayMs, signIn);
  };
  // One thing at a time: what has befallen an account ends before the next does.
  if (target.state !== "ok") return;
  switch (misfortune.kind) {
    case "expire-tokens":
    case "kill-in-exchange":
      target.expireAccessTokens();
      return;
    case "end-logins":
      target.endLogins();
      comeBack();
      return;
    case "deactivate":
      target.state = "deactivated";
      comeBack();
      return;
    case "close-workspace":
      target.state = "workspace-deactivated";
      comeBack();
      return;
  }
}

function seatsOf(pool: Pool, target: SimChatgptAccount): SimChatgptAccount[] {
  const all = pool.sim.accounts.filter((account) => account.kind === "chatgpt");
  return all.filter((account) => account.accountId === target.accountId);
}

/** Only who has to: a sign-in that works is left alone. */
function signInAgain({ pool, onSignIn }: Stage, account: SimChatgptAccount): void {
  for (const name of profileNamesOf(account.name)) {
    const profile = pool.settings.profileNamed(name);
    if (profile === null || profile.signIn.state === "ok") continue;
    const { selected } = profile;
    void pool.save(account.authJson(), name, { selected }).then(() => onSignIn(account.name));
  }
}

function strikeQuota(pool: Pool, misfortune: Misfortune, target: SimChatgptAccount): void {
  const { amount, lastsMs } = misfortune;
  switch (misfortune.kind) {
    case "burn":
      consume(target.quota, "", Math.round(amount * 80));
      return;
    case "lift":
      empty(target);
      return;
    case "credits":
      target.quota.credits.hasCredits = amount < 0.5;
      target.quota.credits.balance = amount < 0.5 ? 10 : 0;
      return;
    case "rate-limit":
      limitRate(pool, misfortune, target);
      return;
    case "lose-model": {
      const { models } = target;
      target.models = ["gpt-6-luna"];
      pool.clock.after(lastsMs, () => {
        target.models = models;
      });
      return;
    }
    case "new-plan": {
      const minutes = 10_080;
      target.plan = "pro";
      target.quota.windows.primary = { minutes, usedPercent: 0, resetsAtMs: pool.clock.now() + minutes * 60_000 };
      target.quota.windows.secondary = null;
    }
  }
}

function empty(target: SimChatgptAccount): void {
  for (const window of Object.values(target.quota.windows)) if (window !== null) window.usedPercent = 0;
}

function limitRate(pool: Pool, misfortune: Misfortune, target: SimAccount): void {
  target.turnsPerMinute = misfortune.times;
  pool.clock.after(misfortune.lastsMs, () => {
    target.turnsPerMinute = null;
  });
}
