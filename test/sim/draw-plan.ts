/** A world from one seed: accounts, conversations and misfortunes, drawn before anything runs. */
import type { Rng, Routing } from "../../src/ports.ts";
import { EVENT_FAILURE_NAMES, HTTP_FAILURE_NAMES, REFRESH_FAILURE_NAMES } from "../../src/simulator/failures.ts";
import { CONNECTION_FAULT_KINDS } from "../../src/simulator/fault.ts";
import { createSeededRng, drawInteger } from "../../src/simulator/rng.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./clock-units.ts";
import {
  type AccountPlan,
  MISFORTUNES,
  type Misfortune,
  type Naming,
  type SessionPlan,
  type TurnPlan,
  type WindowPlan,
  type WorldPlan,
  type WorldSize,
} from "./plan.ts";

const MODELS = ["gpt-5.5", "gpt-5.5", "gpt-5.5", "gpt-6-luna", "gpt-6-sol"];
/** Plans with the windows they have: minutes of the first and the second slot. */
const PLANS: readonly (readonly [string, number | null, number | null])[] = [
  ["plus", 300, 10_080],
  ["plus", 300, 10_080],
  ["pro", 10_080, null],
  ["team", 300, 10_080],
  ["free", 43_200, null],
  ["go", null, 43_200],
];

/** Draws with names, so that a plan reads like a description. */
class Dice {
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = createSeededRng(seed);
  }

  below(bound: number): number {
    return drawInteger(this.#rng, bound);
  }

  /** A whole number from `min` to `max`, both included. */
  from(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  chance(share: number): boolean {
    return this.#rng() < share;
  }

  share(): number {
    return this.#rng();
  }

  one<T>(list: readonly T[]): T {
    const drawn = list[this.below(list.length)];
    if (drawn === undefined) throw new Error("nothing to draw from");
    return drawn;
  }

  /** Many small values, few large ones. */
  long(meanMs: number): number {
    return Math.round(-Math.log(1 - this.#rng()) * meanMs);
  }
}

export function drawPlan(seed: number, size: WorldSize, routing: Routing | null = null): WorldPlan {
  const dice = new Dice(seed);
  const drawnRouting = dice.chance(0.6) ? "least-used" : "round-robin";
  const lastsMs = Math.round(size.lastsMs * (0.5 + dice.share() / 2));
  const accounts = drawAccounts(dice, size, lastsMs);
  return {
    seed,
    routing: routing ?? drawnRouting,
    lastsMs,
    accessTokenTtlMs: dice.one([20 * MINUTE_MS, HOUR_MS, 10 * DAY_MS]),
    headDelayMs: dice.one([0, 50, 400, 3_000]),
    eventDelayMs: dice.one([0, 20, 300]),
    splitBytesMax: dice.chance(0.15) ? dice.from(40, 400) : 0,
    accounts,
    sessions: drawSessions(dice, size, lastsMs),
    misfortunes: drawMisfortunes(dice, size, lastsMs, accounts),
  };
}

function drawAccounts(dice: Dice, size: WorldSize, lastsMs: number): AccountPlan[] {
  const count = dice.chance(0.1) ? 1 : dice.from(2, size.accountsMax);
  const accounts: AccountPlan[] = [];
  for (let index = 0; index < count; index += 1) {
    const isKey = index > 0 && dice.chance(0.15);
    accounts.push(isKey ? drawKey(dice, index) : drawChatgpt(dice, index, lastsMs, accounts));
  }
  return accounts;
}

function drawKey(dice: Dice, index: number): AccountPlan {
  return {
    name: `key-${index}`,
    kind: "api-key",
    plan: "",
    primary: null,
    secondary: null,
    percentPerTurn: 0,
    hasCredits: false,
    turnsPerMinute: dice.chance(0.5) ? dice.from(1, 4) : null,
    seatOf: null,
    isTwin: false,
    reservePercent: 0,
    hasOpaqueTokens: false,
  };
}

function drawChatgpt(dice: Dice, index: number, lastsMs: number, before: readonly AccountPlan[]): AccountPlan {
  const [plan, first, second] = dice.one(PLANS);
  const mates = before.filter((account) => account.kind === "chatgpt" && account.seatOf === null);
  return {
    name: `acct-${index}`,
    kind: "chatgpt",
    plan,
    primary: drawWindow(dice, first, lastsMs),
    secondary: drawWindow(dice, second, lastsMs),
    percentPerTurn: dice.one([0.2, 2, 7, 24]),
    hasCredits: dice.chance(0.08),
    turnsPerMinute: dice.chance(0.1) ? dice.from(1, 5) : null,
    seatOf: mates.length > 0 && dice.chance(0.15) ? dice.one(mates).name : null,
    isTwin: dice.chance(0.15),
    reservePercent: dice.chance(0.15) ? dice.from(5, 40) : 0,
    hasOpaqueTokens: dice.chance(0.1),
  };
}

/** Somewhere in the middle of its run; short worlds get their share of resets too. */
function drawWindow(dice: Dice, minutes: number | null, lastsMs: number): WindowPlan | null {
  if (minutes === null) return null;
  const lengthMs = minutes * MINUTE_MS;
  const resetsInMs = dice.chance(0.4) ? dice.below(Math.min(lengthMs, 2 * lastsMs)) : dice.below(lengthMs);
  const usedPercent = dice.chance(0.3) ? dice.from(80, 100) : dice.from(0, 80);
  return { minutes, usedPercent, resetsInMs: Math.max(SECOND_MS, resetsInMs) };
}

function drawSessions(dice: Dice, size: WorldSize, lastsMs: number): SessionPlan[] {
  return Array.from({ length: dice.from(size.sessionsMin, size.sessionsMax) }, (_, index) => ({
    name: `session-${index}`,
    keyId: `key_${dice.from(1, 2)}`,
    model: dice.one(MODELS),
    naming: dice.one(NAMINGS),
    startsAtMs: dice.chance(0.3) ? 0 : dice.below(lastsMs),
    stream: dice.chance(0.75),
    subAgents: dice.chance(0.15) ? dice.from(2, 6) : 0,
    turns: Array.from({ length: dice.from(1, size.turnsMax) }, () => drawTurn(dice)),
  }));
}

const NAMINGS: readonly Naming[] = ["thread", "thread", "thread", "cache-key", "client-session", "previous", "nothing"];

function drawTurn(dice: Dice): TurnPlan {
  return {
    thinkMs: dice.one([0, dice.long(20 * SECOND_MS), dice.long(5 * MINUTE_MS)]),
    wants: dice.one(["text", "reasoning", "reasoning", "tool"] as const),
    leavesAfterMs: dice.chance(0.08) ? dice.below(5 * SECOND_MS) : null,
    readDelayMs: dice.chance(0.08) ? dice.from(10, 500) : 0,
  };
}

function drawMisfortunes(dice: Dice, size: WorldSize, lastsMs: number, accounts: readonly AccountPlan[]): Misfortune[] {
  const count = dice.from(size.misfortunesMin, size.misfortunesMax);
  return Array.from({ length: count }, () => {
    const kind = dice.one(MISFORTUNES);
    return {
      kind,
      atMs: dice.below(lastsMs),
      account: WIDE.includes(kind) && dice.chance(0.3) ? null : dice.one(accounts).name,
      lastsMs: dice.long(kind === "pause-pool" ? MINUTE_MS : 8 * MINUTE_MS),
      times: dice.from(1, 3),
      fault: drawFault(dice, kind),
      afterEvent: dice.from(0, 9),
      amount: dice.share(),
    };
  });
}

/** What may befall every account at once. */
const WIDE: readonly string[] = [
  "refusal",
  "bad-stream",
  "outage",
  "refresh-trouble",
  "usage-trouble",
  "expire-tokens",
];

/** These stand for the sign-in's end, which the world brings about by ending it. */
const LASTING = /deactivated|invalidated|revoked|invalid-authentication|invalid-api-key|workspace-deactivated/;
const STREAM_KINDS = CONNECTION_FAULT_KINDS.filter((kind) => kind !== "slow-loris" && kind !== "drop-after-commit");

function drawFault(dice: Dice, kind: Misfortune["kind"]): string {
  switch (kind) {
    case "refusal":
      return dice.one(HTTP_FAILURE_NAMES.filter((name) => !LASTING.test(name)));
    case "bad-stream":
      return dice.one([...EVENT_FAILURE_NAMES, ...STREAM_KINDS]);
    case "outage":
      return dice.one([
        "refused",
        "unavailable",
        "server-is-overloaded",
        "bad-gateway",
        "hang-before-headers",
      ] as const);
    case "refresh-trouble":
      return dice.one([...REFRESH_FAILURE_NAMES, "refused", "drop-after-commit", "hang-before-headers"] as const);
    case "usage-trouble":
      return dice.one(["refused", "server-error", "codex-workspace-access-denied", "hang-before-headers"] as const);
    default:
      return "";
  }
}
