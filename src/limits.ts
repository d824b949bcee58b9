/** Every bound of the product, with its unit in its name and its reason beside it. Values that users rely on stand in docs/operations.md. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 1024 * 1024;

export const LIMITS = {
  /** Enough to walk past a few spent accounts; more would only delay the answer of an outage. */
  attemptsMax: 4,
  /** Accounts that refuse for reasons of their own are walked past; no pool of one owner is larger. */
  refusalsMax: 64,
  /** A pause up to this long is a detour: the session comes home to its warm cache. */
  detourMaxMs: 5 * MINUTE_MS,
  /** A pause this old may have ended early: one turn may prove it when nobody else is left, where else it is refused. */
  probeAfterMs: 1 * MINUTE_MS,
  /** A session used this lately counts as load on its account when new ones are placed. */
  recentSessionMs: 10 * MINUTE_MS,
  /** Sessions with state in memory; older ones fall back to what the store knows. */
  liveSessionsMax: 20_000,
  /** A client without a status for much longer starts to look hung; a status given earlier cannot become a 429. */
  headHoldMs: 10 * SECOND_MS,
  /** Half of the shortest idle timers seen in proxies and SDKs. */
  keepAliveMs: 15 * SECOND_MS,
  /** Codex itself waits for headers without any limit, so this clock has to be ours. */
  upstreamHeadMs: 120 * SECOND_MS,
  /** An answer in one piece shows no sign of life before its end; SDKs wait ten minutes for it. */
  upstreamWholeMs: 12 * MINUTE_MS,
  /** Codex gives up on a silent stream after 300 s: we must be the first to notice. */
  upstreamSilenceMs: 280 * SECOND_MS,
  /** A whole turn, the longest reasoning turns included. */
  turnMs: 2 * HOUR_MS,
  /** Opening events held back before the first output; upstream sends well under twenty. */
  heldEventsMax: 16,
  /** Opening events are small; a huge one is not worth the memory of holding it. */
  heldBytesMax: 1 * MIB,
  /** One event of upstream: images arrive inside of them. */
  eventBytesMax: 64 * MIB,
  /** A non-streaming answer that is put together from its events. */
  answerBytesMax: 128 * MIB,
  /** Decoded request body: images are sent inline. */
  bodyBytesMax: 64 * MIB,
  /** A connection of a client's that carries one turn after another: as long as upstream's own. */
  socketMs: 60 * MINUTE_MS,
  /** Each holds one conversation; a client that is refused one more goes on over HTTP. */
  socketsMax: 512,
  /** A message of a socket: larger than any body we take, so that it can be refused in words; beyond it the line is cut. */
  socketFrameBytesMax: 128 * MIB,
  /** As long as the official client waits for a socket of upstream's. */
  socketOpenMs: 15 * SECOND_MS,
  /** Upstream ends its sockets after an hour: an answer that begins before should not meet that end. */
  socketReuseMs: 55 * MINUTE_MS,
  /** Routers forget quiet connections, some after half a minute. */
  socketPingMs: 25 * SECOND_MS,
  /** A socket that said something this lately is alive; any other is asked before a request is entrusted to it. */
  socketFreshMs: 10 * SECOND_MS,
  /** A pong takes one way there and back. */
  socketPongMs: 3 * SECOND_MS,
  /** Upstream takes messages of some 16 MiB; larger ones go over HTTP. */
  socketMessageBytesMax: 15 * MIB,
  /** Frames that wait for a slow client; then upstream waits as well. */
  socketWaitingBytesMax: 8 * MIB,
  /** An account that has no sockets is asked again after this long. */
  socketRefusedMs: 60 * MINUTE_MS,
  /** One that could not be reached is asked again sooner; meanwhile its turns go over HTTP. */
  socketFailedMs: 1 * MINUTE_MS,
  /** Bodies of failed answers are read for their code only. */
  errorBodyBytesMax: 256 * 1024,
  /** An error body that takes longer says nothing that is worth the wait. */
  errorBodyMs: 5 * SECOND_MS,
  /** A whole request body: on loopback the largest takes seconds, and half of one must not be held for ever. */
  bodyReadMs: 2 * MINUTE_MS,
  /** A connection without a request, or with half of one's head. Longer than clients keep idle connections. */
  connectionIdleMs: 2 * MINUTE_MS,
  /** A client that takes nothing of its stream: keep-alives come every 15 s, so one that reads at all is never this quiet. */
  clientSilenceMs: 4 * MINUTE_MS,
  /** Wrong keys that are looked into at once, and … */
  wrongKeysBurstMax: 30,
  /** … how many more a minute: enough for an owner who is mistyping, too few to learn anything by. */
  wrongKeysPerMinute: 30,
  /** Running streams may finish on stop. */
  drainMs: 30 * SECOND_MS,
  /** Sessions unused for this long are dropped: upstream's prompt cache is long gone by then. */
  sessionIdleMs: 24 * HOUR_MS,
  /** The same lead as the official client. */
  refreshLeadMs: 5 * MINUTE_MS,
  /** Access tokens whose expiry cannot be read are refreshed at this age, as the official client does. */
  refreshOpaqueAgeMs: 8 * 24 * HOUR_MS,
  /** Longest wait for one token exchange; after it the outcome is unknown. */
  refreshExchangeMs: 30 * SECOND_MS,
  /** Pause between two exchanges of the whole machine: bursts have cost people their sign-ins. */
  refreshSpacingMs: 2 * SECOND_MS,
  /** A lease must outlive the exchange it guards. */
  refreshLeaseMs: 45 * SECOND_MS,
  /** How often a waiter looks whether a lease became free. */
  leasePollMs: 50,
  /** A sign-in that nobody finishes: as long as a device code lives. */
  signInMs: 15 * MINUTE_MS,
  /** A browser asks for the last page right after its redirect; the port is not held for one that never does. */
  signInFarewellMs: 2 * SECOND_MS,
  /** Upstream watches for bursts; quota moves slowly enough for one look a minute. */
  usagePollMs: 60 * SECOND_MS,
  /** While nobody asks, a look now and then keeps the figures from growing stale. */
  usagePollIdleMs: 15 * MINUTE_MS,
  /** Usage older than an idle round with its jitter is shown as stale. */
  usageFreshMs: 20 * MINUTE_MS,
  /** Longest window upstream has; no hint may outlast it. */
  cooldownMaxMs: 31 * 24 * HOUR_MS,
  /** Long enough to look back at a bill, short enough not to keep a diary. */
  turnLogMs: 30 * 24 * HOUR_MS,
  /** A busy month fits; a loop gone wild does not fill the disk. */
  turnLogBytesMax: 200 * MIB,
  /** Windows move by a few percent an hour: finer samples would draw the same line. */
  headroomSampleMs: 5 * MINUTE_MS,
  /** An unchanged headroom is noted down this often, so that a line does not end where nothing happens. */
  headroomRepeatMs: 1 * HOUR_MS,
  /** The longest window the chart shows, and a day more. */
  headroomKeptMs: 8 * 24 * HOUR_MS,
  /** Two dozen accounts that are busy day and night fit. */
  headroomSamplesMax: 50_000,
  /** A browser opens within seconds; who copies the address by hand has this long. */
  pageTokenMs: 5 * MINUTE_MS,
  /** Links that are still good at once; the oldest makes room. */
  pageTokensMax: 16,
  /** A page that nobody uses ends over night. */
  pageSessionIdleMs: 12 * HOUR_MS,
  /** Browsers let in at once; the one unused for longest makes room. */
  pageSessionsMax: 32,
  /** Pages told of every change at once. Browsers open six connections to one server: with more tabs none would be left to ask with. */
  pageListenersMax: 5,
  /** Inputs of operations are short. */
  pageBodyBytesMax: 1 * MIB,
  /** How often is looked whether something has changed; a change that goes on is shown when it has paused this long. */
  pageLookMs: 250,
  /** Each news of the page is all of it. */
  pageNewsMs: 1 * SECOND_MS,
  /** What changes without a trace in a file: a daemon that starts or stops, a pause that ends. */
  pageRefreshMs: 2 * SECOND_MS,
  /** Adding up a month of turns takes a moment, in which no turn moves. */
  pageHistoryEveryMs: 1 * MINUTE_MS,
  /** The longest window most plans have. */
  pageHistoryMs: 7 * 24 * HOUR_MS,
  /** Newest first; `explain` and `sessions` know of the others. */
  pageTurnsMax: 50,
  pageSessionsShownMax: 200,
  /** Stored responses hold what people said: kept for a day's work, and no longer. */
  storedResponsesMs: 24 * HOUR_MS,
  /** Packed; each holds the whole conversation up to it. */
  storedResponsesBytesMax: 500 * MIB,
  /** What nobody waits for is done together after this long. */
  afterwardsMs: 10,
  /** What that leaves behind is written together after this long; a killed process loses as much as both make. */
  gatherWritesMs: 40,
  /** What could not be written because the file is held or full is tried again this often. */
  gatherRetryMs: 1 * SECOND_MS,
  /** While what was gathered waits for a file nothing else runs: better to try again. */
  gatherBusyMs: 100,
  /** A writer of another process holds the file for at most a few milliseconds. */
  sqliteBusyMs: 5 * SECOND_MS,
  /** How often alerts are looked for; what passes sooner is no news. */
  newsEveryMs: 15 * SECOND_MS,
  /** Telegram holds a question this long; routers cut quiet connections off after a minute. */
  telegramPollMs: 30 * SECOND_MS,
  /** A notification is handed over in no time, or not at all. */
  notifierMs: 5 * SECOND_MS,
  /** A start takes a fraction of a second; a loaded machine gets the benefit of the doubt. */
  startWaitMs: 10 * SECOND_MS,
  /** The drain, and some time to write things down. */
  stopWaitMs: 40 * SECOND_MS,
  /** Some hundred thousand lines, which is more than anybody reads. */
  logBytesMax: 10 * MIB,
} as const;
