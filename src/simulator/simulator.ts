/**
 * Question: what would OpenAI answer?
 * Owns the simulated upstream: accounts, tokens, turns, quota, faults, and the evidence of everything that was asked.
 * Must not open sockets (`serve-simulator.ts` does) nor import anything of the product but the clock's interface.
 *
 * How to use it:
 *
 *     const sim = createSimulator({ clock });
 *     const anna = sim.addChatgptAccount({ name: "anna" });
 *     const auth = anna.authJson();                           // what Codex would have saved; each call is a new login
 *     anna.script.reply("Hello");                             // or functionCall("shell", {…}), [reasoning("…"), text("…")]
 *     anna.script.fail("usage-limit");                        // the next turn; failure names are in failures.ts
 *     anna.script.fail(connectionFault("reset-mid-stream", { afterEvent: 3 }), { onCall: 2 });
 *     anna.script.fail("refresh-server-error", { endpoint: "refresh", times: 2 });
 *     anna.setUsed(100);                                      // now it really is exhausted
 *     sim.onTurn((turn) => (turn.toolOutputs.length > 0 ? "done" : functionCall("shell", { command: ["ls"] })));
 *     const answer = await sim.handle(new Request("https://chatgpt.com/backend-api/codex/responses", …));
 *     sim.turnsOf("anna"), sim.requests, sim.violations, sim.acceptedGenerations, sim.concurrency
 *
 * `handle` is the in-memory transport: it answers and fails as Bun's fetch does. Paths alone decide what is meant, so one loopback
 * origin can stand for chatgpt.com, auth.openai.com and api.openai.com.
 */
import type { Clock, Rng } from "../ports.ts";
import type {
  ApiKeyAccountOptions,
  ChatgptAccountOptions,
  SimAccount,
  SimApiKeyAccount,
  SimChatgptAccount,
} from "./account.ts";
import { addApiKeyAccount, addChatgptAccount } from "./add-account.ts";
import { answerCall } from "./answer-call.ts";
import { createRealClock } from "./clock.ts";
import type { Content } from "./content.ts";
import { asFetched } from "./fetch-semantics.ts";
import { createLoginBook } from "./logins.ts";
import {
  type AcceptedGeneration,
  type Concurrency,
  createEvidence,
  forgetEvidence,
  type SimRequest,
  type SimSocket,
  type Violation,
} from "./record.ts";
import { createSeededRng } from "./rng.ts";
import type { Endpoint } from "./routes.ts";
import { createRuleBook, openScript, type Reply, type Script, type SimTurn, type When } from "./script.ts";
import type { SealedRefusal } from "./sealed.ts";
import { openSocket, type SocketAdmission } from "./socket-session.ts";
import type { DeviceSettings, SimulatorSettings, SocketSettings, StrictRules, World } from "./world.ts";

export interface SimulatorOptions {
  /** A real clock unless given. */
  readonly clock?: Clock;
  /** Seeded with 1 unless given. */
  readonly rng?: Rng;
  /** Ten days unless given. */
  readonly accessTokenTtlMs?: number;
  /** Rules to switch off; all are on. */
  readonly strict?: Partial<StrictRules>;
  readonly encryptedRefusal?: SealedRefusal;
  readonly requireCodexUserAgent?: boolean;
  /** A spent refresh token that comes back ends its whole chain. On unless switched off. */
  readonly reuseKillsFamily?: boolean;
  readonly bodyBytesMax?: number;
  readonly socket?: Partial<SocketSettings>;
  readonly device?: Partial<DeviceSettings>;
  /** How many requests are remembered; the oldest go. */
  readonly requestsMax?: number;
  /** How many of them keep their bodies: the youngest. */
  readonly bodiesMax?: number;
}

export interface Simulator {
  readonly clock: Clock;
  /** Everything that can be changed while it runs. */
  readonly settings: SimulatorSettings;
  /** Rules for all accounts. An account's own `script` goes first. */
  readonly script: Script;
  readonly accounts: readonly SimAccount[];
  addChatgptAccount(options: ChatgptAccountOptions): SimChatgptAccount;
  addApiKeyAccount(options: ApiKeyAccountOptions): SimApiKeyAccount;
  /** Answers a request as Bun's fetch would hand it out; rejects as it would. */
  handle(request: Request): Promise<Response>;
  /** Answers as it goes over a wire: gzip stays gzip, a wrong content length stays unnoticed. For the socket server. */
  handleWire(request: Request): Promise<Response>;
  /** Asks for a socket: refused with an answer, or taken, and then `begin` says where its frames go. For the socket server. */
  openSocket(request: Request): Promise<SocketAdmission>;
  /** What turns of all accounts say. Short for `script.reply`. */
  reply(content: Content, when?: When): void;
  /** Answers turns by function; null passes to the next rule, at last to the echo. */
  onTurn(hook: (turn: SimTurn) => Content | null): void;
  readonly requests: readonly SimRequest[];
  readonly violations: readonly Violation[];
  readonly acceptedGenerations: readonly AcceptedGeneration[];
  /** Connections, the oldest first, closed ones included. */
  readonly sockets: readonly SimSocket[];
  readonly concurrency: Readonly<Concurrency>;
  /** Calls in flight of one account. */
  concurrencyOf(account: string): Readonly<Concurrency>;
  /** Calls in flight at one endpoint. */
  concurrencyAt(endpoint: Endpoint): Readonly<Concurrency>;
  /** Requests for turns, of one account or of all. */
  turnsOf(account?: string): SimRequest[];
  /** Requests at one endpoint, of one account or of all. */
  callsTo(endpoint: Endpoint, account?: string): SimRequest[];
  /** Forgets what was recorded so far; accounts, tokens and scripts stay. */
  forget(): void;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const BODY_BYTES_MAX = 128 * 1024 * 1024;
const SOCKET_MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const REQUESTS_MAX = 20_000;
const BODIES_MAX = 2_000;

const ALL_RULES: StrictRules = {
  store: true,
  stream: true,
  list: true,
  system: true,
  parameters: true,
  tier: true,
  instructions: true,
  tools: true,
  include: true,
  effort: true,
  model: true,
  turnState: true,
  encryptedContent: "org",
};

/** Makes a simulated upstream with no accounts. Two of them share nothing. */
export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const world = createWorld(options);
  const { evidence } = world;
  const script = openScript(world.commonRules);
  const idle: Concurrency = { now: 0, max: 0 };
  const callsTo = (endpoint: Endpoint, account?: string): SimRequest[] =>
    evidence.requests.filter(
      (record) => record.endpoint === endpoint && (account === undefined || record.account === account),
    );
  return {
    clock: world.clock,
    settings: world.settings,
    script,
    get accounts() {
      return [...world.accounts.values()];
    },
    addChatgptAccount: (account) => addChatgptAccount(world, account),
    addApiKeyAccount: (account) => addApiKeyAccount(world, account),
    handle: async (request) => asFetched(await answerCall(world, request)),
    handleWire: (request) => answerCall(world, request),
    openSocket: (request) => openSocket(world, request),
    reply: (content, when) => void script.reply(content, when),
    onTurn: (hook: Extract<Reply, (turn: SimTurn) => Content | null>) => void script.reply(hook),
    requests: evidence.requests,
    violations: evidence.violations,
    acceptedGenerations: evidence.acceptedGenerations,
    sockets: evidence.sockets,
    concurrency: evidence.concurrency,
    concurrencyOf: (account) => evidence.concurrencyBy.get(`account:${account}`) ?? idle,
    concurrencyAt: (endpoint) => evidence.concurrencyBy.get(`endpoint:${endpoint}`) ?? idle,
    turnsOf: (account) => callsTo("responses", account),
    callsTo,
    forget: () => forgetEvidence(evidence),
  };
}

function createWorld(options: SimulatorOptions): World {
  const clock = options.clock ?? createRealClock();
  const rng = options.rng ?? createSeededRng(1);
  return {
    clock,
    rng,
    settings: readSettings(options),
    accounts: new Map(),
    logins: createLoginBook({
      clock,
      rng,
      accessTokenTtlMs: options.accessTokenTtlMs ?? 10 * DAY_MS,
      idTokenTtlMs: HOUR_MS,
      reuseKillsFamily: options.reuseKillsFamily ?? true,
    }),
    evidence: createEvidence({
      requestsMax: options.requestsMax ?? REQUESTS_MAX,
      bodiesMax: options.bodiesMax ?? BODIES_MAX,
    }),
    commonRules: createRuleBook("all"),
    rules: new Map(),
    callCounts: new Map(),
    promptCache: new Map(),
    recentTurns: new Map(),
    turnStates: new Map(),
    storedResponses: new Map(),
    signInCodes: new Map(),
    deviceCodes: new Map(),
  };
}

function readSettings(options: SimulatorOptions): SimulatorSettings {
  return {
    strict: { ...ALL_RULES, ...options.strict },
    encryptedRefusal: options.encryptedRefusal ?? "http-400",
    requireCodexUserAgent: options.requireCodexUserAgent ?? false,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    socket: { enabled: true, ageMsMax: HOUR_MS, messageBytesMax: SOCKET_MESSAGE_BYTES_MAX, ...options.socket },
    signInAs: null,
    device: { enabled: true, pendingPolls: 1, pendingStatus: 403, intervalSeconds: 5, ...options.device },
    catalogueEdition: 1,
  };
}
