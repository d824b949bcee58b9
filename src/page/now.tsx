/** What time is it, for all that says "in 2 h"? One clock for the whole page. */

import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { agoText, inText } from "../commands/spans.ts";
import { clockText, fullText } from "./local-time.ts";

const TICK_MS = 1_000;

const NowContext = createContext(0);

export function Now({ children }: { readonly children: ComponentChildren }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return <NowContext.Provider value={nowMs}>{children}</NowContext.Provider>;
}

/** Milliseconds since 1970, once a second. */
export function useNow(): number {
  return useContext(NowContext);
}

/** `3 min ago`; the whole instant shows on pointing at it. */
export function Ago({ at }: { readonly at: string | null }) {
  const nowMs = useNow();
  if (at === null) return <span class="quiet">never</span>;
  return (
    <time dateTime={at} title={fullText(at)}>
      {agoText(at, nowMs)}
    </time>
  );
}

/** `in 2 h 10 min, 14:20`. */
export function Until({ at }: { readonly at: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={at} title={fullText(at)}>
      {inText(at, nowMs)}
      <span class="quiet"> · {clockText(at, nowMs)}</span>
    </time>
  );
}
