/** How did the turn end? Written down exactly once, whatever happens: the record, the session's count, the news of it. */
import type { Engine } from "./engine.ts";
import type { Choice, Considered } from "./rules/choose.ts";
import type { AttemptRecord, ConsideredRecord, TokenUsage, TurnEnd, TurnRecord } from "./rules/turn-record.ts";
import type { Turn } from "./turn.ts";

export interface Ending {
  readonly end: TurnEnd;
  readonly status: number;
  readonly usage: TokenUsage | null;
  readonly responseId: string | null;
}

/** An ending that produced nothing a client could go on from. */
export function endedWithout(end: TurnEnd, status: number): Ending {
  return { end, status, usage: null, responseId: null };
}

/** Names of models are short; what a client puts there need not be. */
const MODEL_CHARACTERS_MAX = 200;

function recordOf(considered: Considered): ConsideredRecord {
  const { exclusion, verdict, name, headroomPercent } = considered;
  const room = headroomPercent === null ? "headroom unknown" : `${Math.round(headroomPercent)} % left`;
  if (exclusion === null) return { profile: name, verdict, reason: room };
  const detail = exclusion.detail === "" ? "" : `: ${exclusion.detail}`;
  return { profile: name, verdict, reason: `${exclusion.reason}${detail}` };
}

/** Worded when the turn is written down: nobody who waits for an answer waits for this. */
function recordsOf(choice: Choice): ConsideredRecord[] {
  return choice.considered.map((entry) => {
    const record = recordOf(entry);
    const isChosen = choice.kind === "chosen" && entry.verdict === "chosen";
    return isChosen ? { ...record, reason: `${choice.reason}, ${record.reason}` } : record;
  });
}

/** One turn's book. Attempts and choices are noted as they happen; `settle` closes it. */
export class TurnLedger {
  readonly #engine: Engine;
  readonly #turn: Turn;
  readonly #sessionId: string;
  readonly #upstreamModel: string;
  readonly #attempts: AttemptRecord[] = [];
  #choice: Choice | null = null;
  #servedBy: { readonly name: string; readonly accountKey: string } | null = null;
  #firstOutputMs: number | null = null;
  #held: (() => void)[] = [];
  #isSettled = false;

  constructor(engine: Engine, turn: Turn, sessionId: string, upstreamModel: string) {
    this.#engine = engine;
    this.#turn = turn;
    this.#sessionId = sessionId;
    this.#upstreamModel = upstreamModel;
  }

  /** The last one counts. */
  noteChoice(choice: Choice): void {
    this.#choice = choice;
  }

  noteAttempt(
    profile: string,
    outcome: string,
    reason: string,
    startedAtMs: number,
    endedAtMs = this.#engine.clock.now(),
  ): void {
    this.#attempts.push({ profile, outcome, reason, ms: endedAtMs - startedAtMs });
  }

  noteServed(name: string, accountKey: string): void {
    this.#servedBy = { name, accountKey };
  }

  /** Output of a stream goes to the client from now on. */
  noteFirstOutput(): void {
    this.#firstOutputMs = this.#engine.clock.now() - this.#turn.receivedAtMs;
  }

  /** Something the turn holds on to, such as its place among the account's attempts; `letGo` gives it back. */
  hold(release: () => void): void {
    this.#held.push(release);
  }

  /** Gives back all that is held. Every way out of a turn comes through here. */
  letGo(): void {
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }

  /** A bug of ours ended the turn. It is said elsewhere; here the turn gets the end it would else never have. */
  abandon(): void {
    this.settle(endedWithout("failed", 500));
  }

  /** Only the first call counts. The turn may have ended before its end is written down. */
  settle(ending: Ending, endedAtMs = this.#engine.clock.now()): void {
    this.letGo();
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { live, emit } = this.#engine;
    const { usage } = ending;
    const record: TurnRecord = {
      id: this.#turn.id,
      sessionId: this.#sessionId,
      keyId: this.#turn.keyId,
      model: this.#turn.request.model.slice(0, MODEL_CHARACTERS_MAX),
      upstreamModel: this.#upstreamModel,
      startedAtMs: this.#turn.receivedAtMs,
      endedAtMs,
      end: ending.end,
      status: ending.status,
      profile: this.#servedBy?.name ?? null,
      attempts: this.#attempts,
      considered: this.#choice === null ? [] : recordsOf(this.#choice),
      responseId: this.#turn.isContinuable ? ending.responseId : null,
      usage,
    };
    if (this.#servedBy !== null && usage !== null) {
      live.countTokens(this.#servedBy.accountKey, usage.inputTokens - usage.cachedTokens + usage.outputTokens);
    }
    if (this.#sessionId !== "") live.touchSession(this.#sessionId, this.#servedBy?.accountKey ?? null);
    live.recordTurn(record);
    emit({ kind: "turn-settled", turn: record, firstOutputMs: this.#firstOutputMs });
  }
}
