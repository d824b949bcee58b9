/**
 * A process of its own that leases a profile's credential from a home folder, for tests of racing and of killed processes.
 * `bun refresh-child.ts <options as JSON>`: prints `ready`, waits for a line on stdin, leases, prints one JSON line with
 * what every lease came to. At its kill point it ends itself with SIGKILL and prints nothing more.
 */
import { nameHolder } from "../../src/accounts/holder.ts";
import { createTokenSource } from "../../src/accounts/tokens.ts";
import type { Endpoints, SettingsStore, Upstream } from "../../src/ports.ts";
import { createRealClock } from "../../src/simulator/clock.ts";
import { readMasterKey } from "../../src/store/master-key.ts";
import { createSealer } from "../../src/store/seal.ts";
import { openSettingsStore } from "../../src/store/settings-store.ts";
import { openNetwork } from "../../src/upstream/open-upstream.ts";

export const KILL_POINTS = [
  "before-lease",
  "after-lease",
  "before-mark",
  "after-mark",
  "after-answer",
  "before-write",
  "after-write",
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

export interface RefreshChildOptions {
  readonly home: string;
  readonly endpoints: Endpoints;
  readonly profileId: string;
  readonly leases: number;
  readonly killAt: KillPoint | null;
}

export interface LeaseReport {
  readonly kind: string;
  readonly reason: string;
  readonly generation: number;
}

export function openHome(home: string): SettingsStore {
  return openSettingsStore(home, { sealer: createSealer(readMasterKey(home, {})) });
}

/** The method, ending the process before or after it as the points say. */
function killAround<Args extends unknown[], Result>(
  method: (...args: Args) => Result,
  killNow: (when: "before" | "after") => void,
): (...args: Args) => Result {
  return (...args) => {
    killNow("before");
    const result = method(...args);
    killNow("after");
    return result;
  };
}

function deadlySettings(settings: SettingsStore, killAt: KillPoint | null): SettingsStore {
  const killer =
    (step: string) =>
    (when: "before" | "after"): void => {
      if (killAt === `${when}-${step}`) process.kill(process.pid, "SIGKILL");
    };
  return {
    ...settings,
    takeLease: killAround(settings.takeLease, killer("lease")),
    markRefreshStarted: killAround(settings.markRefreshStarted, killer("mark")),
    writeCredential: killAround(settings.writeCredential, killer("write")),
  };
}

function deadlyUpstream(upstream: Upstream, killAt: KillPoint | null): Upstream {
  return {
    async send(request, signal) {
      const answer = await upstream.send(request, signal);
      if (killAt === "after-answer" && request.url.endsWith("/oauth/token")) process.kill(process.pid, "SIGKILL");
      return answer;
    },
  };
}

export async function leaseOften(options: RefreshChildOptions, settings: SettingsStore): Promise<LeaseReport[]> {
  const tokens = createTokenSource({
    settings: deadlySettings(settings, options.killAt),
    upstream: deadlyUpstream(openNetwork(), options.killAt),
    endpoints: options.endpoints,
    clock: createRealClock(),
    rng: Math.random,
    holder: nameHolder("test"),
    spacingMs: 0,
  });
  const reports: LeaseReport[] = [];
  for (let count = 0; count < options.leases; count += 1) {
    const leased = await tokens.lease(options.profileId, new AbortController().signal);
    reports.push(
      leased.kind === "leased"
        ? { kind: leased.kind, reason: "", generation: leased.identity.generation }
        : { ...leased, generation: 0 },
    );
  }
  return reports;
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? "{}") as RefreshChildOptions;
  // Clock timers let a process end; this one has work to do.
  const stayAlive = setInterval(() => undefined, 60_000);
  const input = console[Symbol.asyncIterator]();
  console.log("ready");
  await input.next();
  const settings = openHome(options.home);
  console.log(JSON.stringify(await leaseOften(options, settings)));
  settings.close();
  clearInterval(stayAlive);
  process.exit(0);
}
