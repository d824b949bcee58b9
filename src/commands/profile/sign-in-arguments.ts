/** What `profile add` and `profile refresh` have in common: the ways to sign in, and the person who does it. */
import { OperationError, type Person } from "../../operations/operation.ts";
import type { SignInInput } from "../../operations/sign-in.ts";
import type { CommandIo } from "../command-io.ts";
import { readSecret } from "../secret-argument.ts";
import { inText } from "../spans.ts";
import { plainText } from "../terminal-text.ts";

export const SIGN_IN_ARGUMENTS = {
  device: { type: "boolean", description: "Sign in by typing a code on another device" },
  "api-key": { type: "string", valueHint: "-", description: "An API key: - for stdin, file:PATH for a file" },
  "access-token": { type: "string", valueHint: "-", description: "A personal access token (at-…): - or file:PATH" },
  open: { type: "boolean", default: true, description: "Do not open a browser, only show the address" },
  timeout: { type: "string", valueHint: "SECONDS", description: "How long to wait for the sign-in, 900 when left out" },
} as const;

interface Given {
  readonly device?: boolean | undefined;
  readonly "api-key"?: string | undefined;
  readonly "access-token"?: string | undefined;
  readonly timeout?: string | undefined;
}

/** Reads a secret from where it is said to be. Throws `usage` when more than one way is wished for. */
export async function readSignIn(io: CommandIo, given: Given): Promise<SignInInput> {
  const key = given["api-key"];
  const token = given["access-token"];
  const wished = [given.device === true, key !== undefined, token !== undefined].filter(Boolean);
  if (wished.length > 1) {
    throw new OperationError("usage", "--device, --api-key and --access-token exclude each other.");
  }
  const timeout_s = parseTimeout(given.timeout);
  if (key !== undefined) {
    const secret = await readSecret(io, key, { flag: "--api-key=", what: "API key" });
    return { method: "api-key", secret, timeout_s };
  }
  if (token !== undefined) {
    const secret = await readSecret(io, token, { flag: "--access-token=", what: "personal access token" });
    return { method: "access-token", secret, timeout_s };
  }
  return { method: given.device === true ? "device" : "browser", secret: null, timeout_s };
}

function parseTimeout(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= 24 * 60 * 60) return seconds;
  throw new OperationError("usage", "--timeout is a number of seconds, a day at most.");
}

const ALIVE_MS = 60_000;

type Invitation = Parameters<Person["invite"]>[0];

/** Runs `work` with the person at this terminal, who may end it with Ctrl-C. */
export async function withPerson<Answer>(
  io: CommandIo,
  open: boolean,
  work: (person: Person) => Promise<Answer>,
): Promise<Answer> {
  const abort = new AbortController();
  const release = io.onStopSignal(() => abort.abort(new Error("stopped")));
  // Timers of the product never keep a process alive; here somebody is being waited for.
  const alive = setInterval(() => undefined, ALIVE_MS);
  try {
    return await work({
      invite: (invitation) => invite(io, invitation, open),
      tell: (text) => io.tell("warning", text),
      lines: io.stdin.lines(),
      signal: abort.signal,
    });
  } finally {
    clearInterval(alive);
    release();
  }
}

/** Said on stderr, with `--json` too: without it nobody could sign in. */
function invite(io: CommandIo, invitation: Invitation, open: boolean): void {
  if (invitation.kind === "device") {
    const expires = inText(new Date(invitation.expiresAtMs).toISOString(), io.clock.now());
    io.tell("info", `Open ${plainText(invitation.url)} and type this code (it expires ${expires}):`);
    io.tell("info", plainText(invitation.code));
    return;
  }
  const isOpened = open && io.openBrowser(invitation.url);
  io.tell(
    "info",
    isOpened ? "A browser opens to sign in. If it does not, open this address:" : "Open this address to sign in:",
  );
  io.tell("info", invitation.url);
  io.tell("info", "With a browser on another machine, paste here the address that it cannot open at the end.");
}
