/** How did the turn end? Written down exactly once, whatever happens: the record, the session's count, the news of it. */
import type { Engine } from "./engine.ts";
import type { Choice, Considered } from "./rules/choose.ts";
import type { AttemptRecord, ConsideredRecord, TokenUsage, TurnEnd } from "./rules/turn-record.ts";
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

function recordOf(considered: Considered): ConsideredRecord {
  const { exclusion, verdict, name, headroomPercent } = considered;
  const room = headroomPercent === null ? "headroom unknown" : `${Math.round(headroomPercent)} % left`;
  if (exclusion === null) return { profile: name, verdict, reason: room };
  const detail = exclusion.detail === "" ? "" : `: ${exclusion.detail}`;
  return { profile: name, verdict, reason: `${exclusion.reason}${detail}` };
}

/** One turn's book. Attempts and choices are noted as they happen; `settle` closes it. */
export class TurnLedger {
  readonly #engine: Engine;
  readonly #turn: Turn;
  readonly #sessionId: string;
  readonly #upstreamModel: string;
  readonly #attempts: AttemptRecord[] = [];
  #considered: readonly ConsideredRecord[] = [];
  #servedBy: { readonly name: string; readonly accountKey: string } | null = null;
  #isSettled = false;

  constructor(engine: Engine, turn: Turn, sessionId: string, upstreamModel: string) {
    this.#engine = engine;
    this.#turn = turn;
    this.#sessionId = sessionId;
    this.#upstreamModel = upstreamModel;
  }

  noteChoice(choice: Choice): void {
    this.#considered = choice.considered.map((entry) => {
      const record = recordOf(entry);
      const isChosen = choice.kind === "chosen" && entry.verdict === "chosen";
      return isChosen ? { ...record, reason: `${choice.reason}, ${record.reason}` } : record;
    });
  }

  noteAttempt(profile: string, outcome: string, reason: string, startedAtMs: number): void {
    this.#attempts.push({ profile, outcome, reason, ms: this.#engine.clock.now() - startedAtMs });
  }

  noteServed(name: string, accountKey: string): void {
    this.#servedBy = { name, accountKey };
  }

  /** Only the first call counts. */
  settle(ending: Ending): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { clock, live, runtime, emit } = this.#engine;
    const { usage } = ending;
    const record = {
      id: this.#turn.id,
      sessionId: this.#sessionId,
      keyId: this.#turn.keyId,
      model: this.#turn.request.model,
      upstreamModel: this.#upstreamModel,
      startedAtMs: this.#turn.receivedAtMs,
      endedAtMs: clock.now(),
      end: ending.end,
      status: ending.status,
      profile: this.#servedBy?.name ?? null,
      attempts: this.#attempts,
      considered: this.#considered,
      responseId: ending.responseId,
      usage,
    };
    if (this.#servedBy !== null && usage !== null) {
      live.countTokens(this.#servedBy.accountKey, usage.inputTokens - usage.cachedTokens + usage.outputTokens);
    }
    live.touchSession(this.#sessionId, this.#servedBy?.accountKey ?? null);
    runtime.recordTurn(record);
    emit({ kind: "turn-settled", turn: record });
  }
}
