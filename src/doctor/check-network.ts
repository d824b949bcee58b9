/**
 * Can the hosts be reached, and do they agree with us on the time? Sends one request without a credential to each; what
 * they answer does not matter, only that they do.
 */
import type { Desk } from "../operations/operation.ts";
import { TransportError, type UpstreamAnswer } from "../ports.ts";
import { type Finding, finding, type Severity } from "./finding.ts";

export interface Host {
  readonly name: string;
  readonly url: string;
  /** How bad it is when it cannot be reached. */
  readonly severity: Severity;
}

const ANSWER_MS = 6_000;
/** Timestamps of an exchange are as exact as the exchange takes long; less than this is no difference. */
const SKEW_WARNING_MS = 60_000;
const SKEW_ERROR_MS = 5 * 60_000;

type Asked =
  | { readonly kind: "answered"; readonly status: number; readonly skewMs: number | null }
  | { readonly kind: "silent"; readonly reason: string };

/** How far our clock is ahead, by the header of an answer. */
function skewOf(answer: UpstreamAnswer, nowMs: number): number | null {
  const date = Date.parse(answer.headers.get("date") ?? "");
  return Number.isNaN(date) ? null : nowMs - date;
}

async function ask(desk: Desk, host: Host): Promise<Asked> {
  const request = { method: "GET", url: host.url, headers: { accept: "*/*" }, body: null, proxyUrl: null } as const;
  try {
    const answer = await desk.upstream().send(request, AbortSignal.timeout(ANSWER_MS));
    await answer.body?.cancel();
    return { kind: "answered", status: answer.status, skewMs: skewOf(answer, desk.clock.now()) };
  } catch (error) {
    if (error instanceof TransportError) return { kind: "silent", reason: error.fault };
    if (error instanceof DOMException) return { kind: "silent", reason: `no answer within ${ANSWER_MS / 1_000} s` };
    throw error;
  }
}

function judge(host: Host, asked: Asked): Finding[] {
  if (asked.kind === "silent") {
    const text = `${host.name} (${new URL(host.url).host}) cannot be reached: ${asked.reason}.`;
    return [finding(host.severity, "unreachable", text, "Check the network, and HTTPS_PROXY where there is a proxy.")];
  }
  if (asked.status === 407) {
    return [
      finding(host.severity, "proxy-refuses", `The proxy wants a password before ${host.name}.`, "See HTTPS_PROXY."),
    ];
  }
  if (asked.status < 500) return [];
  const text = `${host.name} (${new URL(host.url).host}) answers with ${asked.status}.`;
  return [finding("note", "host-failing", text, "Nothing to do here: it is on their side.")];
}

function spanWords(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} seconds` : `${Math.round(ms / 60_000)} minutes`;
}

/** The answers' own clocks, taken together: the smallest difference counts, for any one of them may be wrong. */
function clockFindings(answers: readonly Asked[]): Finding[] {
  const skews = answers.flatMap((asked) => (asked.kind === "answered" && asked.skewMs !== null ? [asked.skewMs] : []));
  const [skewMs] = skews.toSorted((a, b) => Math.abs(a) - Math.abs(b));
  if (skewMs === undefined || Math.abs(skewMs) < SKEW_WARNING_MS) return [];
  const text = `This machine's clock is ${spanWords(Math.abs(skewMs))} ${skewMs > 0 ? "ahead" : "behind"}.`;
  const severity = Math.abs(skewMs) < SKEW_ERROR_MS ? "warning" : "error";
  return [finding(severity, "clock-skew", text, "Set it, for example: timedatectl set-ntp true")];
}

export async function checkNetwork(desk: Desk, hosts: readonly Host[]): Promise<Finding[]> {
  const answers = await Promise.all(hosts.map((host) => ask(desk, host)));
  return [...hosts.flatMap((host, index) => judge(host, answers[index] ?? unasked())), ...clockFindings(answers)];
}

function unasked(): Asked {
  return { kind: "silent", reason: "it was not asked" };
}
