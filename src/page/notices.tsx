/** What came of what the owner did? Says it where eyes and screen readers find it, and lets it go again. */

import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useMemo, useReducer } from "preact/hooks";
import { Icon } from "./icon.tsx";

export interface Notice {
  readonly tone: "good" | "bad";
  readonly title: string;
  /** What else there is to know, such as what was left as it is. */
  readonly detail: string | null;
}

interface Standing extends Notice {
  readonly id: number;
}

type Say = (notice: Notice) => void;
type Step = { readonly kind: "say"; readonly notice: Notice } | { readonly kind: "drop"; readonly id: number };

interface Board {
  readonly next: number;
  readonly standing: readonly Standing[];
}

const NOTICES_MAX = 3;
const READING_MS = 7_000;

const SayContext = createContext<Say>(() => undefined);

/** Newest last; the oldest make room. Pure. */
export function nextBoard(board: Board, step: Step): Board {
  if (step.kind === "drop") return { ...board, standing: board.standing.filter((notice) => notice.id !== step.id) };
  const standing = [...board.standing, { ...step.notice, id: board.next }].slice(-NOTICES_MAX);
  return { next: board.next + 1, standing };
}

function NoticeCard({ notice, onDrop }: { readonly notice: Standing; readonly onDrop: (id: number) => void }) {
  const { id, tone, title, detail } = notice;
  useEffect(() => {
    // What went wrong stays until it was read.
    if (tone === "bad") return;
    const timer = window.setTimeout(() => onDrop(id), READING_MS);
    return () => window.clearTimeout(timer);
  }, [id, tone, onDrop]);
  return (
    <div class={`notice ${tone}`}>
      <Icon name={tone === "good" ? "check" : "alert"} />
      <div>
        <p class="notice-title">{title}</p>
        {detail === null ? null : <p class="notice-detail">{detail}</p>}
      </div>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => onDrop(id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

export function Notices({ children }: { readonly children: ComponentChildren }) {
  const [board, step] = useReducer(nextBoard, { next: 1, standing: [] });
  const drop = useCallback((id: number) => step({ kind: "drop", id }), []);
  const say = useCallback<Say>((notice) => step({ kind: "say", notice }), []);
  const ofTone = useMemo(
    () => (tone: Notice["tone"]) => board.standing.filter((notice) => notice.tone === tone),
    [board],
  );
  return (
    <SayContext.Provider value={say}>
      {children}
      <section class="notices" aria-label="Notifications">
        <div role="alert">
          {ofTone("bad").map((notice) => (
            <NoticeCard key={notice.id} notice={notice} onDrop={drop} />
          ))}
        </div>
        <div role="status">
          {ofTone("good").map((notice) => (
            <NoticeCard key={notice.id} notice={notice} onDrop={drop} />
          ))}
        </div>
      </section>
    </SayContext.Provider>
  );
}

/** Says something to the owner. */
export function useSay(): Say {
  return useContext(SayContext);
}
