/** How does an operation get a sign-in from its owner? By a browser, a code typed elsewhere, a key or a token. */
import { type Static, Type } from "typebox";
import { parseAuthJson, type SavedLogin } from "../accounts/auth-json.ts";
import { signInWithBrowser } from "../accounts/browser-login.ts";
import { signInWithDevice } from "../accounts/device-login.ts";
import type { SaveResult } from "../accounts/save-result.ts";
import { describeSignInFailure, type SignInFailure, type SignInOutcome } from "../accounts/sign-in.ts";
import { LIMITS } from "../limits.ts";
import { type Desk, OperationError, type OperationErrorCode, type Person } from "./operation.ts";
import { nullable } from "./shapes.ts";

export const SIGN_IN_METHODS = ["browser", "device", "api-key", "access-token"] as const;

const TIMEOUT_S_MAX = 24 * 60 * 60;

export const SignInFields = {
  method: Type.Enum([...SIGN_IN_METHODS]),
  /** The key or the token; null for the methods that have a person do it. */
  secret: nullable(Type.String({ minLength: 1 })),
  /** How long to wait for the person; null for the usual time. */
  timeout_s: nullable(Type.Number({ exclusiveMinimum: 0, maximum: TIMEOUT_S_MAX })),
};

const SignInInput = Type.Object(SignInFields);
export type SignInInput = Static<typeof SignInInput>;

export interface SignInPlan {
  readonly proxyUrl: string | null;
  save(saved: SavedLogin): Promise<SaveResult>;
}

/** What saving came to. Throws an `OperationError` when there was nothing to save. */
export async function signIn(
  desk: Desk,
  input: SignInInput,
  plan: SignInPlan,
  person: Person | undefined,
): Promise<SaveResult> {
  switch (input.method) {
    case "api-key":
    case "access-token":
      return plan.save(readSecret(input.method, input.secret));
    case "browser":
    case "device":
      return settle(await signInPerson(desk, input, plan, requirePerson(person)));
  }
}

function signInPerson(desk: Desk, input: SignInInput, plan: SignInPlan, person: Person): Promise<SignInOutcome> {
  const accounts = { wire: { upstream: desk.upstream(), clock: desk.clock }, endpoints: desk.endpoints };
  const request = {
    ...plan,
    timeoutMs: input.timeout_s === null ? LIMITS.signInMs : input.timeout_s * 1_000,
    signal: person.signal,
    invite: person.invite,
  };
  if (input.method === "device") return signInWithDevice(accounts, request);
  return signInWithBrowser(accounts, {
    ...request,
    ports: desk.callbackPorts,
    lines: person.lines,
    onUnusableLine: () => person.tell("That is not the address this sign-in ended at. Paste it whole."),
  });
}

function requirePerson(person: Person | undefined): Person {
  if (person !== undefined) return person;
  throw new OperationError(
    "usage",
    "Signing in takes a person at a terminal.",
    "Run it there, or give a key or a token.",
  );
}

/** One reader knows what a key and a token look like: the one of auth.json. */
function readSecret(method: "api-key" | "access-token", secret: string | null): SavedLogin {
  const file =
    method === "api-key"
      ? { auth_mode: "apikey", OPENAI_API_KEY: secret }
      : { OPENAI_API_KEY: null, personal_access_token: secret };
  const parsed = parseAuthJson(JSON.stringify(file));
  const isMixedUp = method === "api-key" && secret?.startsWith("at-") === true;
  if (parsed.kind === "ok" && !isMixedUp) return parsed.saved;
  if (isMixedUp) throw new OperationError("usage", "That is a personal access token.", "Give it with --access-token.");
  const [what, hint] =
    method === "api-key"
      ? ["an API key", "A key is one word, such as sk-…"]
      : ["a personal access token", "A token is one word that begins with at-"];
  throw new OperationError("usage", `That does not look like ${what}.`, hint);
}

const CODES: Readonly<Record<SignInFailure, OperationErrorCode>> = {
  "ports-taken": "conflict",
  denied: "cancelled",
  cancelled: "cancelled",
  "timed-out": "failed",
  "device-disabled": "failed",
  "code-expired": "failed",
  refused: "failed",
  unreachable: "failed",
};

function settle(outcome: SignInOutcome): SaveResult {
  if (outcome.kind === "finished") return outcome.result;
  const { text, hint } = describeSignInFailure(outcome.failure);
  throw new OperationError(CODES[outcome.failure], text, hint);
}
