/** Is what the page shows of now? Said in words, and to screen readers when it changes. */
import { useNow } from "./now.tsx";
import type { Link } from "./use-snapshot.ts";

const WORDS: Readonly<Record<Link["kind"], { readonly text: string; readonly tone: string }>> = {
  connecting: { text: "Connecting", tone: "quiet" },
  live: { text: "Live", tone: "good" },
  offline: { text: "Offline", tone: "bad" },
  "signed-out": { text: "No session", tone: "quiet" },
};

function Retry({ atMs }: { readonly atMs: number }) {
  const seconds = Math.max(0, Math.ceil((atMs - useNow()) / 1_000));
  return <span class="retry">{seconds === 0 ? " trying again" : ` trying again in ${seconds} s`}</span>;
}

export function LinkState({ link }: { readonly link: Link }) {
  const { text, tone } = WORDS[link.kind];
  return (
    <div class="link">
      <p class={`link-state ${tone}`} role="status">
        <span class={`dot ${tone}`} aria-hidden="true" />
        {text}
      </p>
      {link.kind === "offline" ? <Retry atMs={link.retryAtMs} /> : null}
    </div>
  );
}
