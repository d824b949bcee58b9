/** A pool with accounts in it, for one test: closed when the test has ended. */
import { onTestFinished } from "bun:test";
import type { ProfileRecord } from "../../src/ports.ts";
import type {
  ApiKeyAccountOptions,
  ChatgptAccountOptions,
  SimApiKeyAccount,
  SimChatgptAccount,
} from "../../src/simulator/account.ts";
import type { SimWindow } from "../../src/simulator/quota.ts";
import { MINUTE_MS, START_MS } from "./clock-units.ts";
import { openPool, type Pool, type PoolOptions } from "./pool.ts";

export interface TestPoolOptions extends PoolOptions {
  /** Names of ChatGPT accounts of the usual kind. */
  readonly accounts?: readonly string[];
}

export interface TestPool extends Pool {
  chatgpt(name: string): SimChatgptAccount;
  addChatgpt(options: ChatgptAccountOptions, change?: Partial<ProfileRecord>): Promise<SimChatgptAccount>;
  addApiKey(options: ApiKeyAccountOptions, change?: Partial<ProfileRecord>): Promise<SimApiKeyAccount>;
  profile(name: string): ProfileRecord;
}

export async function aPool(options: TestPoolOptions = {}): Promise<TestPool> {
  const pool = openPool(options);
  onTestFinished(() => pool.close());
  const testPool: TestPool = {
    ...pool,
    chatgpt(name) {
      const found = pool.sim.accounts.find((account) => account.name === name);
      if (found?.kind !== "chatgpt") throw new Error(`no ChatGPT account ${name}`);
      return found;
    },
    async addChatgpt(accountOptions, change) {
      const account = pool.sim.addChatgptAccount(accountOptions);
      await pool.save(account.authJson(), account.name, change);
      return account;
    },
    async addApiKey(accountOptions, change) {
      const account = pool.sim.addApiKeyAccount(accountOptions);
      await pool.save(account.authJson(), account.name, change);
      return account;
    },
    profile(name) {
      const found = pool.settings.profileNamed(name);
      if (found === null) throw new Error(`no profile ${name}`);
      return found;
    },
  };
  for (const name of options.accounts ?? []) await testPool.addChatgpt({ name });
  return testPool;
}

/** A quota window of this length, so much used, that resets after this time. */
export function aWindow(minutes: number, usedPercent = 0, resetsInMs = minutes * MINUTE_MS): SimWindow {
  return { minutes, usedPercent, resetsAtMs: START_MS + resetsInMs };
}

/** How often a text stands in another. */
export function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}
