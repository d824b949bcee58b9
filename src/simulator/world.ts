/**
 * Question: what does the simulated upstream consist of?
 * Owns the one object that all its parts share. Nothing here is kept at module level: two simulators never meet.
 * Must not contain behaviour.
 */
import type { Clock, Rng } from "../ports.ts";
import type { SimAccount } from "./account.ts";
import type { JsonObject } from "./content.ts";
import type { Fault } from "./fault.ts";
import type { LoginBook } from "./logins.ts";
import type { Evidence, SimRequest } from "./record.ts";
import type { Endpoint, Side } from "./routes.ts";
import type { RuleBook } from "./script.ts";
import type { SealedRefusal } from "./sealed.ts";
import type { StreamKnobs } from "./stream-body.ts";

/** Which of the ChatGPT backend's rules are enforced. */
export interface StrictRules {
  store: boolean;
  stream: boolean;
  list: boolean;
  system: boolean;
  parameters: boolean;
  tier: boolean;
  /** Missing `instructions` are refused, except in the shape the newest Codex sends (base prompt as first developer item). */
  instructions: boolean;
  tools: boolean;
  include: boolean;
  effort: boolean;
  model: boolean;
  /** A turn state of another account is refused. */
  turnState: boolean;
  /** `org`: sealed items of another organisation are refused; `broken`: only tampered ones are; `off`: nothing is checked. */
  encryptedContent: "org" | "broken" | "off";
}

export interface DeviceSettings {
  enabled: boolean;
  /** Polls answered "pending" before the code is accepted. */
  pendingPolls: number;
  pendingStatus: 403 | 404;
  /** Told as a string, as the upstream does. */
  intervalSeconds: number;
}

export interface SocketSettings {
  /** When off, every upgrade is answered 426. */
  enabled: boolean;
  /** How long a connection may be used. */
  ageMsMax: number;
  /** A larger message closes the connection with 1009. */
  messageBytesMax: number;
}

/** Everything that can be changed while the simulator runs. */
export interface SimulatorSettings {
  strict: StrictRules;
  encryptedRefusal: SealedRefusal;
  /** Cloudflare's page for clients whose user agent does not look like Codex. */
  requireCodexUserAgent: boolean;
  bodyBytesMax: number;
  socket: SocketSettings;
  /** Which account signs in at the browser page or with a device code; null means the first ChatGPT account. */
  signInAs: string | null;
  device: DeviceSettings;
  /** Grows when the model list "changes": its tag does too. */
  catalogueEdition: number;
}

export interface World {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly settings: SimulatorSettings;
  readonly accounts: Map<string, SimAccount>;
  readonly logins: LoginBook;
  readonly evidence: Evidence;
  /** Rules for all accounts, and each account's own. */
  readonly commonRules: RuleBook;
  readonly rules: Map<string, RuleBook>;
  /** Calls so far, by endpoint and by account and endpoint. */
  readonly callCounts: Map<string, number>;
  /** Tokens seen under a prompt cache key, by account and key. */
  readonly promptCache: Map<string, number>;
  /** Instants (ms) of an account's recent turns, for its rate limit. */
  readonly recentTurns: Map<string, number[]>;
  /** Whose turn state a value is. */
  readonly turnStates: Map<string, string>;
  readonly storedResponses: Map<string, StoredResponse>;
  readonly signInCodes: Map<string, SignInCode>;
  readonly deviceCodes: Map<string, DeviceCode>;
}

export interface StoredResponse {
  readonly account: string;
  readonly response: JsonObject;
  readonly transcript: readonly JsonObject[];
}

export interface SignInCode {
  readonly account: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

export interface DeviceCode {
  readonly userCode: string;
  pollsLeft: number;
}

/** One call on its way through the simulator. */
export interface Call {
  readonly request: Request;
  readonly url: URL;
  readonly endpoint: Endpoint;
  readonly side: Side;
  readonly record: SimRequest;
  /** The decoded body when it is an object, else empty. */
  readonly body: JsonObject;
  readonly account: SimAccount | null;
  readonly overallCall: number;
  readonly fault: Fault | null;
  readonly knobs: StreamKnobs;
  readonly signal: AbortSignal;
}
