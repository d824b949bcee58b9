/** A sign-in in this process: real sockets for the browser's way back, upstream in memory, a clock that the test moves. */
import { onTestFinished } from "bun:test";
import { type BrowserSignIn, signInWithBrowser } from "../../src/accounts/browser-login.ts";
import { signInWithDevice } from "../../src/accounts/device-login.ts";
import { saveLogin } from "../../src/accounts/save-login.ts";
import type { Invitation, SignInOutcome } from "../../src/accounts/sign-in.ts";
import type { Upstream, UpstreamRequest } from "../../src/ports.ts";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import { anAccountsWorld, OPENAI_ENDPOINTS } from "./accounts-world.ts";
import { waitUntil } from "./wait-until.ts";

const BOUND_MS = 10_000;

/** Lines that the test types, one at a time. */
function aKeyboard() {
  const waiting = Promise.withResolvers<void>();
  const state = { typed: [] as string[], wake: waiting };
  return {
    type: (line: string) => {
      state.typed.push(line);
      state.wake.resolve();
    },
    lines: (async function* () {
      for (;;) {
        const line = state.typed.shift();
        if (line !== undefined) yield line;
        else {
          await state.wake.promise;
          state.wake = Promise.withResolvers();
        }
      }
    })(),
  };
}

export interface RunningSignIn {
  readonly outcome: Promise<SignInOutcome>;
  /** Where the person was sent; waits until they were. */
  invitation(): Promise<Invitation>;
  /** Asks upstream's page, which approves at once, and answers the address it sends the browser back to. */
  approve(): Promise<string>;
  type(line: string): void;
  readonly unusableLines: { count: number };
  giveUp(): void;
}

export function aSignInWorld(simOptions: SimulatorOptions = {}) {
  const world = anAccountsWorld(simOptions);
  const anna = world.sim.addChatgptAccount({ name: "anna" });
  const sent: UpstreamRequest[] = [];
  const upstream: Upstream = {
    send: (request, signal) => {
      sent.push(request);
      return world.upstream.send({ ...request, proxyUrl: null }, signal);
    },
  };
  const desk = { ...world.desk, wire: { upstream, clock: world.clock } };

  function start(change: Partial<BrowserSignIn> = {}, way: "browser" | "device" = "browser"): RunningSignIn {
    const invitations: Invitation[] = [];
    const unusableLines = { count: 0 };
    const keyboard = aKeyboard();
    const abort = new AbortController();
    const place = { name: "work", fallbackName: "work", linkPath: null, isCopy: false, proxyUrl: null };
    const request: BrowserSignIn = {
      proxyUrl: null,
      timeoutMs: 900_000,
      signal: abort.signal,
      invite: (invitation) => void invitations.push(invitation),
      save: (saved) => saveLogin(desk, saved, place),
      ports: [0],
      lines: keyboard.lines,
      onUnusableLine: () => {
        unusableLines.count += 1;
      },
      ...change,
    };
    const outcome = way === "browser" ? signInWithBrowser(desk, request) : signInWithDevice(desk, request);
    // A test that fails on the way must not leave a listener behind.
    onTestFinished(async () => {
      abort.abort(new Error("the test is over"));
      await outcome.catch(() => undefined);
    });
    const invitation = async (): Promise<Invitation> => {
      await waitUntil("an invitation", () => invitations.length > 0, BOUND_MS);
      const [first] = invitations;
      if (first === undefined) throw new Error("nobody was invited");
      return first;
    };
    return {
      outcome,
      invitation,
      approve: async () => approve((await invitation()).url),
      type: keyboard.type,
      unusableLines,
      giveUp: () => abort.abort(new Error("given up")),
    };
  }

  async function approve(url: string): Promise<string> {
    const answer = await world.sim.handle(new Request(url, { redirect: "manual" }));
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`upstream's page did not send the browser back: ${answer.status}`);
    return location;
  }

  return { ...world, anna, desk, sent, start, endpoints: OPENAI_ENDPOINTS };
}

/** Whether anybody listens at the address's port. */
export async function isListening(url: string): Promise<boolean> {
  try {
    await (await fetch(new URL("/", url))).body?.cancel();
    return true;
  } catch {
    return false;
  }
}
