/** Which call of a port fails? Counts every call of the ports that a pool stands on, and lets the n-th fail. */
import type { RuntimeStore, SettingsStore, Upstream } from "../../src/ports.ts";
import { TransportError } from "../../src/ports.ts";
import { StoreError } from "../../src/store/store-error.ts";

export const PORTS = ["settings", "runtime", "upstream"] as const;
export type Port = (typeof PORTS)[number];

export const FAULT_SPANS = ["once", "for ever"] as const;
export type FaultSpan = (typeof FAULT_SPANS)[number];

export interface FailingPlan {
  readonly port: Port;
  readonly span: FaultSpan;
  /** The first call that fails, from 1. */
  readonly from: number;
}

export class FailingCalls {
  readonly #plan: FailingPlan;
  #isArmed = false;
  #calls = 0;
  #failures = 0;

  constructor(plan: FailingPlan) {
    this.#plan = plan;
  }

  /** From now on calls are counted, and fail as planned. */
  arm(): void {
    this.#isArmed = true;
  }

  /** Nothing fails any more. */
  heal(): void {
    this.#isArmed = false;
  }

  get calls(): number {
    return this.#calls;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether this call is to fail. */
  #takes(port: Port): boolean {
    if (!this.#isArmed || port !== this.#plan.port) return false;
    this.#calls += 1;
    const { from, span } = this.#plan;
    const fails = span === "once" ? this.#calls === from : this.#calls >= from;
    if (fails) this.#failures += 1;
    return fails;
  }

  wrapStore<Store extends SettingsStore | RuntimeStore>(port: Port, store: Store): Store {
    const members = Object.entries(store).map(([name, member]: [string, unknown]) => {
      if (typeof member !== "function" || name === "close") return [name, member];
      return [name, (...values: unknown[]) => this.#call(port, name, () => Reflect.apply(member, store, values))];
    });
    return Object.fromEntries(members) as Store;
  }

  #call(port: Port, name: string, work: () => unknown): unknown {
    if (this.#takes(port)) throw new StoreError("disk-full", `planned fault in ${name}.`, "Wait.");
    return work();
  }

  wrapUpstream(upstream: Upstream): Upstream {
    return {
      send: async (request, signal) => {
        if (this.#takes("upstream")) throw new TransportError("reset");
        return upstream.send(request, signal);
      },
    };
  }
}
