/**
 * Which cooldowns are not in the file yet, because it was held or full when they were set or cleared? Shows accounts as they
 * will be then; must not decide when they are written.
 */
import type { SettingsStore } from "../ports.ts";
import type { AccountState, Cooldown } from "../router/rules/account-state.ts";

/** `model` null is the account-wide one, `"all"` every one of the account. */
export type CooldownChange = { readonly accountKey: string } & (
  | { readonly kind: "set"; readonly cooldown: Cooldown }
  | { readonly kind: "clear"; readonly model: string | null | "all" }
);

export function writeCooldown(
  store: Pick<SettingsStore, "setCooldown" | "clearCooldown">,
  change: CooldownChange,
): void {
  if (change.kind === "set") store.setCooldown(change.accountKey, change.cooldown);
  else store.clearCooldown(change.accountKey, change.model);
}

function modelOf(change: CooldownChange): string | null {
  return change.kind === "set" ? change.cooldown.model : change.model;
}

function isUndoneBy(before: CooldownChange, change: CooldownChange): boolean {
  if (before.accountKey !== change.accountKey) return false;
  return modelOf(change) === "all" || modelOf(before) === modelOf(change);
}

function changed(cooldowns: readonly Cooldown[], change: CooldownChange): readonly Cooldown[] {
  const model = modelOf(change);
  const others = cooldowns.filter((cooldown) => model !== "all" && cooldown.model !== model);
  return change.kind === "set" ? [...others, change.cooldown] : others;
}

export class WaitingCooldowns {
  /** In the order they were made; one for each model of an account at most. */
  #waiting: readonly CooldownChange[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  put(change: CooldownChange): void {
    this.#waiting = [...this.#waiting.filter((before) => !isUndoneBy(before, change)), change];
  }

  /** The account as it is when all is written. */
  over(accountKey: string, state: AccountState): AccountState {
    const own = this.#waiting.filter((change) => change.accountKey === accountKey);
    return own.length === 0 ? state : { ...state, cooldowns: own.reduce(changed, state.cooldowns) };
  }

  /** Hands over one after another and forgets each that was taken; ends with what `write` throws. */
  writeAll(write: (change: CooldownChange) => void): void {
    for (const change of this.#waiting) {
      write(change);
      this.#waiting = this.#waiting.filter((other) => other !== change);
    }
  }

  drop(): void {
    this.#waiting = [];
  }
}
