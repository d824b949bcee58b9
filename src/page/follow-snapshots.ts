/** How does the page stay up to date? One event stream, come back to with growing pauses when it breaks. */
import type { PageSnapshot } from "../operations/page-wire.ts";
import { askSession } from "./ask.ts";

export type LinkNews =
  | { readonly kind: "snapshot"; readonly snapshot: PageSnapshot }
  | { readonly kind: "offline"; readonly retryAtMs: number }
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

  const fail = () => {
    source?.close();
    failures += 1;
    const pauseMs = pauseAfter(failures);
    hear({ kind: "offline", retryAtMs: Date.now() + pauseMs });
    timer = window.setTimeout(() => void connect(), pauseMs);
  };
  const connect = async () => {
    const session = await askSession();
    if (isOver) return;
    if (session === "closed") return hear({ kind: "signed-out" });
    if (session === "offline") return fail();
    source = new EventSource("/operations/events");
    source.addEventListener("snapshot", (event) => {
      failures = 0;
      hear({ kind: "snapshot", snapshot: JSON.parse(event.data) });
    });
    source.addEventListener("stopping", fail);
    source.addEventListener("error", fail);
  };

  void connect();
  return () => {
    isOver = true;
    source?.close();
    if (timer !== null) window.clearTimeout(timer);
  };
}
