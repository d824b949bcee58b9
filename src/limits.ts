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
  /** Bodies of failed answers are read for their code only. */
  errorBodyBytesMax: 256 * 1024,
  /** An error body that takes longer says nothing that is worth the wait. */
  errorBodyMs: 5 * SECOND_MS,
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
  /** Stored responses hold what people said: kept for a day's work, and no longer. */
  storedResponsesMs: 24 * HOUR_MS,
  /** Packed; each holds the whole conversation up to it. */
  storedResponsesBytesMax: 500 * MIB,
  /** What turns leave behind is written together after this long; a killed process loses no more than that. */
  gatherWritesMs: 50,
  /** A writer of another process holds the file for at most a few milliseconds. */
  sqliteBusyMs: 5 * SECOND_MS,
  /** A start takes a fraction of a second; a loaded machine gets the benefit of the doubt. */
  /** How often alerts are looked for; what passes sooner is no news. */
  newsEveryMs: 15 * SECOND_MS,
  /** Telegram holds a question this long; routers cut quiet connections off after a minute. */
  telegramPollMs: 30 * SECOND_MS,
  startWaitMs: 10 * SECOND_MS,
  /** The drain, and some time to write things down. */
  stopWaitMs: 40 * SECOND_MS,
  /** Some hundred thousand lines, which is more than anybody reads. */
  logBytesMax: 10 * MIB,
} as const;
