/** Lets the owner sign in from a chat: the link and the code go there, what comes of it follows. One at a time a profile. */
import { type Desk, OperationError, type Person } from "../operations/operation.ts";
import { refreshProfile } from "../operations/refresh-profile.ts";
import { type Reply, reply } from "./reply.ts";

export interface SignIns {
  /** Answers at once; the rest goes to `send`. `onSignedIn` comes before the chat is told of it. */
  begin(profile: string, send: (reply: Reply) => Promise<void>, onSignedIn: () => void): Reply;
}

async function* noLines(): AsyncGenerator<string> {
  // Nothing is pasted into a chat: the code is entered at the sign-in page.
}

function personIn(send: (reply: Reply) => Promise<void>, signal: AbortSignal): Person {
  return {
    invite: (invitation) => {
      const code = invitation.kind === "device" ? ["and enter this code:", "", invitation.code] : [];
      void send(reply(["Open", invitation.url, ...code, "", "Enter it only if you asked for it yourself."]));
    },
    tell: (text) => void send(reply([text])),
    lines: noLines(),
    signal,
  };
}

async function signIn(desk: Desk, profile: string, person: Person, onSignedIn: () => void): Promise<Reply> {
  try {
    const input = { name: profile, method: "device", secret: null, timeout_s: null } as const;
    const { untouched } = await refreshProfile.run(desk, input, person);
    onSignedIn();
    return reply([`🟢 ${profile} is signed in.`, untouched], [[{ text: "Status", command: "/status" }]]);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return reply([`${profile} was not signed in. ${error.message}`, ...(error.hint === null ? [] : [error.hint])]);
  }
}

/** `onBug` gets what nobody foresaw. */
export function openSignIns(desk: Desk, signal: AbortSignal, onBug: (error: unknown) => void): SignIns {
  const running = new Set<string>();
  return {
    begin(profile, send, onSignedIn) {
      if (running.has(profile)) return reply([`A sign-in for ${profile} is under way already.`]);
      running.add(profile);
      void signIn(desk, profile, personIn(send, signal), onSignedIn)
        .then((done) => (signal.aborted ? undefined : send(done)))
        .catch(onBug)
        .finally(() => running.delete(profile));
      return reply([`Signing in for ${profile}: a link and a code follow.`]);
    },
  };
}
