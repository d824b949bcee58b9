/** How does the page stay up to date? One event stream, come back to with growing pauses when it breaks. */
import type { PageSnapshot } from "../operations/page-wire.ts";
import { askSession } from "./ask.ts";

export type LinkNews =
  | { readonly kind: "snapshot"; readonly snapshot: PageSnapshot }
  /** Crowded: the runtime is there, but tells no more pages at once. */
  | { readonly kind: "offline"; readonly retryAtMs: number; readonly isCrowded: boolean }
  | { readonly kind: "signed-out" };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** How long to wait before try number `failures` + 1. Pure. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
}

/** Tells every snapshot and every break until the answer is called. Asks for the session first: a stream has no status. */
export function followSnapshots(hear: (news: LinkNews) => void): () => void {
  let failures = 0;
  let source: EventSource | null = null;
  let timer: number | null = null;
  let isOver = false;

  const fail = (isCrowded = false) => {
    source?.close();
    failures += 1;
    const pauseMs = pauseAfter(failures);
    hear({ kind: "offline", retryAtMs: Date.now() + pauseMs, isCrowded });
    timer = window.setTimeout(() => void connect(), pauseMs);
  };
  const connect = async () => {
    const session = await askSession();
    if (isOver) return;
    if (session === "closed") return hear({ kind: "signed-out" });
    if (session === "offline") return fail();
    const opened = new EventSource("/operations/events");
    source = opened;
    let hasOpened = false;
    opened.addEventListener("open", () => {
      hasOpened = true;
    });
    opened.addEventListener("snapshot", (event) => {
      failures = 0;
      hear({ kind: "snapshot", snapshot: JSON.parse(event.data) });
    });
    opened.addEventListener("stopping", () => fail());
    // A browser gives up for good only on an answer that is no stream, and the session was good a moment ago.
    opened.addEventListener("error", () => fail(!hasOpened && opened.readyState === EventSource.CLOSED));
  };

  void connect();
  return () => {
    isOver = true;
    source?.close();
    if (timer !== null) window.clearTimeout(timer);
  };
}
