/** How does a client come to use the pool? Lines to paste, one client at a time. */
import { useRef, useState } from "preact/hooks";
import type { PagePool } from "../operations/page-wire.ts";
import { clientSnippets, KEY_VARIABLE } from "./client-snippets.ts";
import { CopyButton } from "./copy-button.tsx";
import { Section } from "./section.tsx";

/** Arrow keys go around in a list of tabs; Home and End to its ends. Pure; null for every other key. */
export function nextTab(key: string, at: number, count: number): number | null {
  switch (key) {
    case "ArrowRight":
      return (at + 1) % count;
    case "ArrowLeft":
      return (at + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

export function ConnectSection({ pool }: { readonly pool: PagePool }) {
  const snippets = clientSnippets(pool.base_url, pool.models, pool.runtime);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const shown = snippets[at];
  const move = (key: string): boolean => {
    const next = nextTab(key, at, snippets.length);
    if (next === null) return false;
    setAt(next);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
    return true;
  };
  if (shown === undefined) return null;
  return (
    <Section
      id="connect"
      about={
        <>
          Put a key into <code>{KEY_VARIABLE}</code>, then paste. Any client of the Responses API or of Chat Completions
          works.
        </>
      }
    >
      <div class="card">
        <div
          ref={list}
          class="tabs"
          role="tablist"
          aria-label="Clients"
          tabIndex={-1}
          onKeyDown={(event) => {
            if (move(event.key)) event.preventDefault();
          }}
        >
          {snippets.map((snippet, index) => (
            <button
              key={snippet.id}
              type="button"
              role="tab"
              id={`tab-${snippet.id}`}
              aria-selected={index === at}
              aria-controls="snippet"
              tabIndex={index === at ? 0 : -1}
              onClick={() => setAt(index)}
            >
              {snippet.title}
            </button>
          ))}
        </div>
        <div id="snippet" class="snippet" role="tabpanel" aria-labelledby={`tab-${shown.id}`}>
          <div class="snippet-head">
            <span class="quiet">{shown.place}</span>
            <CopyButton text={shown.text} what={`lines for ${shown.title}`} />
          </div>
          <pre>
            <code>{shown.text}</code>
          </pre>
        </div>
      </div>
    </Section>
  );
}
