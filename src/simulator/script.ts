/**
 * Question: what was this call told to do?
 * Owns the rules a test writes down (fail, reply, pace), for one account or for all, and which of them a call takes.
 * Must not perform anything.
 *
 * Rules that are limited (by `times` or `onCall`) come first, oldest first; then the youngest unlimited one. An account's own
 * rules come before those for all.
 */
import type { Content, JsonObject } from "./content.ts";
import { asFault, type Fault, type FaultLike } from "./fault.ts";
import type { Endpoint } from "./routes.ts";
import type { StreamKnobs } from "./stream-body.ts";

/** What is known of a call when rules are looked up. */
export interface CallFacts {
  readonly requestId: number;
  readonly at: number;
  readonly account: string | null;
  readonly endpoint: Endpoint;
  readonly path: string;
  /** This account's calls at this endpoint so far, this one included. */
  readonly call: number;
  /** All calls at this endpoint so far. */
  readonly overallCall: number;
  readonly model: string | null;
  readonly headers: Record<string, string>;
  readonly body: JsonObject;
}

/** A turn, as the hooks see it. */
export interface SimTurn extends CallFacts {
  readonly account: string;
  readonly accountKind: "chatgpt" | "api-key";
  readonly model: string;
  /** The input as items; a string input is one user message. */
  readonly input: readonly JsonObject[];
  /** Text of the last user message, "" without one. */
  readonly lastUserText: string;
  /** Outputs of tools that came after the last user message, as text, oldest first. */
  readonly toolOutputs: readonly string[];
  /** Names of the tools on offer, also those inside namespaces (`namespace.tool`) and additional tools. */
  readonly toolNames: readonly string[];
}

export interface When {
  /** How often the rule holds. A fault holds once unless told otherwise, a reply or pace always. */
  times?: number | "always";
  /** Only the n-th call (from 1): of the account, or of all for a rule of the simulator. */
  onCall?: number;
  /** `responses` unless told otherwise. */
  endpoint?: Endpoint;
  /** Only calls this accepts. */
  matching?: (call: CallFacts) => boolean;
}

export type Reply = Content | ((turn: SimTurn) => Content | null);

export interface Script {
  /** Makes a call fail. Once, unless `when.times` says otherwise. */
  fail(fault: FaultLike, when?: When): Script;
  /** Says what a turn answers. Always, unless `when` limits it. A function may answer null to pass. */
  reply(reply: Reply, when?: When): Script;
  /** Sets how an answer is written. Always, unless `when` limits it. */
  pace(knobs: Partial<StreamKnobs>, when?: When): Script;
  /** Forgets all rules. */
  clear(): void;
}

interface Rule<T> {
  readonly value: T;
  readonly endpoint: Endpoint;
  readonly onCall: number | null;
  readonly matching: ((call: CallFacts) => boolean) | null;
  left: number;
}

/** The rules behind a script. */
export interface RuleBook {
  readonly scope: "account" | "all";
  readonly faults: Rule<Fault>[];
  readonly replies: Rule<Reply>[];
  readonly paces: Rule<Partial<StreamKnobs>>[];
}

export function createRuleBook(scope: "account" | "all"): RuleBook {
  return { scope, faults: [], replies: [], paces: [] };
}

/** The writing side of a rule book. */
export function openScript(book: RuleBook): Script {
  const script: Script = {
    fail(fault, when = {}) {
      book.faults.push(ruleOf(asFault(fault), when, 1));
      return script;
    },
    reply(reply, when = {}) {
      book.replies.push(ruleOf(reply, when, Number.POSITIVE_INFINITY));
      return script;
    },
    pace(knobs, when = {}) {
      book.paces.push(ruleOf(knobs, when, Number.POSITIVE_INFINITY));
      return script;
    },
    clear() {
      book.faults.length = 0;
      book.replies.length = 0;
      book.paces.length = 0;
    },
  };
  return script;
}

/** The fault this call meets, or null. Uses up one of the rule's times. */
export function takeFault(books: readonly RuleBook[], call: CallFacts): Fault | null {
  for (const book of books) {
    const rule = chooseRule(book.faults, call, book.scope);
    if (rule !== null) return spend(rule);
  }
  return null;
}

/** How this call's answer is written: the knobs of every matching book, the account's last. */
export function takeKnobs(books: readonly RuleBook[], call: CallFacts): Partial<StreamKnobs> {
  let knobs: Partial<StreamKnobs> = {};
  for (const book of books.toReversed()) {
    const rule = chooseRule(book.paces, call, book.scope);
    if (rule !== null) knobs = { ...knobs, ...spend(rule) };
  }
  return knobs;
}

/** What this turn answers, or null when no rule says. */
export function takeReply(books: readonly RuleBook[], turn: SimTurn): Content | null {
  for (const book of books) {
    for (const rule of rankRules(book.replies, turn, book.scope)) {
      const content = typeof rule.value === "function" ? rule.value(turn) : rule.value;
      if (content === null) continue;
      rule.left -= 1;
      return content;
    }
  }
  return null;
}

function ruleOf<T>(value: T, when: When, usualTimes: number): Rule<T> {
  const times = when.times === "always" ? Number.POSITIVE_INFINITY : when.times;
  return {
    value,
    endpoint: when.endpoint ?? "responses",
    onCall: when.onCall ?? null,
    matching: when.matching ?? null,
    left: times ?? usualTimes,
  };
}

function spend<T>(rule: Rule<T>): T {
  rule.left -= 1;
  return rule.value;
}

function chooseRule<T>(rules: readonly Rule<T>[], call: CallFacts, scope: RuleBook["scope"]): Rule<T> | null {
  return rankRules(rules, call, scope)[0] ?? null;
}

function rankRules<T>(rules: readonly Rule<T>[], call: CallFacts, scope: RuleBook["scope"]): Rule<T>[] {
  if (rules.length === 0) return [];
  const matching = rules.filter((rule) => holds(rule, call, scope));
  return [...matching.filter(isLimited), ...matching.filter((rule) => !isLimited(rule)).toReversed()];
}

function isLimited<T>(rule: Rule<T>): boolean {
  return rule.onCall !== null || Number.isFinite(rule.left);
}

function holds<T>(rule: Rule<T>, call: CallFacts, scope: RuleBook["scope"]): boolean {
  if (rule.left <= 0 || rule.endpoint !== call.endpoint) return false;
  const count = scope === "account" ? call.call : call.overallCall;
  if (rule.onCall !== null && rule.onCall !== count) return false;
  return rule.matching === null || rule.matching(call);
}
