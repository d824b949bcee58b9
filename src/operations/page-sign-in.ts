/**
 * How does a person sign in from the Settings page? The page is given an address at once, and told later what came of it.
 * One sign-in at a time: the browser's port and the person are there only once. Owns nothing that outlives the runtime.
 */
import type { Invitation } from "../accounts/sign-in.ts";
import { addProfile } from "./add-profile.ts";
import { asOperationError } from "./explain-error.ts";
import { type Desk, OperationError, type Person } from "./operation.ts";
import type { PageSavedSignIn, PageSignIn, PageSignInMode } from "./page-wire.ts";
import { refreshProfile } from "./refresh-profile.ts";
import { wireTime } from "./shapes.ts";

export interface PageSignIns {
  /** Rejects with an `OperationError` when it does not get as far as an address. */
  begin(mode: PageSignInMode, name: string | null): Promise<PageSignIn>;
  /** Throws `not-found` when it is not the one that waits. Answers how it stands when it has ended. */
  cancel(flow: string): Promise<PageSignIn>;
  current(): PageSignIn | null;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

interface Options {
  readonly desk: Desk;
  readonly newId: (prefix: string) => string;
  /** Gets what nobody foresaw, and answers what to say of it. */
  readonly onBug: (error: unknown) => string;
}

interface Running {
  readonly flow: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

async function* noLines(): AsyncGenerator<string> {
  // Nothing is pasted into the page: the browser comes back by itself.
}

function personOf(signal: AbortSignal, invite: (invitation: Invitation) => void): Person {
  return { invite, tell: () => undefined, lines: noLines(), signal };
}

/** A name that is there signs in again in place, whoever the person turns out to be is checked then. */
async function signIn(desk: Desk, mode: PageSignInMode, name: string | null, person: Person): Promise<PageSavedSignIn> {
  const way = { method: mode, secret: null, timeout_s: null } as const;
  if (name !== null && desk.settings().profileNamed(name) !== null) {
    return (await refreshProfile.run(desk, { name, ...way }, person)).profile;
  }
  return (await addProfile.run(desk, { name, proxy: null, ...way }, person)).profile;
}

function doneWords({ outcome, name, notes }: PageSavedSignIn): string {
  const words = { added: "is signed in and saved", updated: "is signed in again", unchanged: "was signed in already" };
  return [`${name} ${words[outcome]}.`, ...notes.map((note) => note.text)].join(" ");
}

function invited(flow: string, mode: PageSignInMode, name: string | null, invitation: Invitation): PageSignIn {
  const isDevice = invitation.kind === "device";
  return {
    flow,
    mode,
    name,
    state: "waiting",
    url: invitation.url,
    user_code: isDevice ? invitation.code : null,
    expires_at: isDevice ? wireTime(invitation.expiresAtMs) : null,
    message: null,
  };
}

type End = Pick<PageSignIn, "state" | "message">;

function failureOf(error: unknown, onBug: Options["onBug"]): OperationError {
  return asOperationError(error) ?? new OperationError("failed", onBug(error));
}

function endOf(failure: OperationError): End {
  const message = [failure.message, failure.hint].filter((text) => text !== null).join(" ");
  return { state: failure.reason === "cancelled" ? "cancelled" : "failed", message };
}

export function openPageSignIns({ desk, newId, onBug }: Options): PageSignIns {
  let running: Running | null = null;
  let shown: PageSignIn | null = null;

  /** Null when it has ended well; what it came to is shown, if it came as far as an address. */
  async function run(
    flow: string,
    work: Promise<PageSavedSignIn>,
    whenOver: () => void,
  ): Promise<OperationError | null> {
    const conclude = (end: End): void => {
      if (shown?.flow === flow) shown = { ...shown, ...end };
    };
    try {
      conclude({ state: "done", message: doneWords(await work) });
      return null;
    } catch (error) {
      const failure = failureOf(error, onBug);
      conclude(endOf(failure));
      return failure;
    } finally {
      running = null;
      whenOver();
    }
  }

  async function begin(mode: PageSignInMode, name: string | null): Promise<PageSignIn> {
    if (running !== null) {
      const hint = "Finish it, or cancel it first.";
      throw new OperationError("conflict", "Another sign-in is under way.", hint);
    }
    const [flow, abort] = [newId("flow"), new AbortController()];
    const { promise: ended, resolve: whenOver } = Promise.withResolvers<void>();
    running = { flow, abort, ended };
    const { promise: invitation, resolve: invite } = Promise.withResolvers<Invitation>();
    const outcome = run(flow, signIn(desk, mode, name, personOf(abort.signal, invite)), whenOver);
    const first = await Promise.race([invitation, outcome]);
    if (first === null) throw new OperationError("failed", "The sign-in ended before it began.");
    if (first instanceof OperationError) throw first;
    shown = invited(flow, mode, name, first);
    return shown;
  }

  return {
    begin,
    current: () => shown,
    cancel: async (flow) => {
      if (running?.flow !== flow || shown?.flow !== flow) {
        throw new OperationError("not-found", "This sign-in does not run any more.");
      }
      const { abort, ended } = running;
      abort.abort(new Error("cancelled from the page"));
      await ended;
      return shown;
    },
    stop: async () => {
      const last = running;
      last?.abort.abort(new Error("the runtime stops"));
      await last?.ended;
    },
  };
}
