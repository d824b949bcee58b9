/** What came of what the owner did? Says it where eyes and screen readers find it, and lets it go again. */
import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useReducer } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { EMPTY_BOARD, type Notice, nextBoard, type Standing, shownAround, shownInDialog } from "./notice-board.ts";

interface Board {
  readonly say: (notice: Notice) => void;
  readonly drop: (id: number) => void;
  readonly enterDialog: () => void;
  readonly leaveDialog: () => void;
  /** What stands in the dialog that is open. */
  readonly inDialog: readonly Standing[];
}

const READING_MS = 7_000;
const NOTHING = () => undefined;

const BoardContext = createContext<Board>({
  say: NOTHING,
  drop: NOTHING,
  enterDialog: NOTHING,
  leaveDialog: NOTHING,
  inDialog: [],
});
/** Apart from the board, so that whoever only says something is not drawn anew by what others say. */
const SayContext = createContext<Board["say"]>(NOTHING);

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

interface NoticeListProps {
  readonly notices: readonly Standing[];
  readonly onDrop: (id: number) => void;
}

function NoticeList({ notices, onDrop }: NoticeListProps) {
  return (
    <>
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} onDrop={onDrop} />
      ))}
    </>
  );
}

export function Notices({ children }: { readonly children: ComponentChildren }) {
  const [board, step] = useReducer(nextBoard, EMPTY_BOARD);
  const say = useCallback((notice: Notice) => step({ kind: "say", notice }), []);
  const drop = useCallback((id: number) => step({ kind: "drop", id }), []);
  const enterDialog = useCallback(() => step({ kind: "enter-dialog" }), []);
  const leaveDialog = useCallback(() => step({ kind: "leave-dialog" }), []);
  const around = shownAround(board);
  return (
    <SayContext.Provider value={say}>
      <BoardContext.Provider value={{ say, drop, enterDialog, leaveDialog, inDialog: shownInDialog(board) }}>
        {children}
        <section class="notices" aria-label="Notifications">
          <div role="alert">
            <NoticeList notices={around.filter(({ tone }) => tone === "bad")} onDrop={drop} />
          </div>
          <div role="status">
            <NoticeList notices={around.filter(({ tone }) => tone === "good")} onDrop={drop} />
          </div>
        </section>
      </BoardContext.Provider>
    </SayContext.Provider>
  );
}

/** What went wrong since the dialog around it was opened. Behind the dialog nobody could read or dismiss it. */
export function DialogNotices() {
  const { enterDialog, leaveDialog, inDialog, drop } = useContext(BoardContext);
  useEffect(() => {
    enterDialog();
    return leaveDialog;
  }, [enterDialog, leaveDialog]);
  return (
    <div role="alert" class="dialog-notices">
      <NoticeList notices={inDialog} onDrop={drop} />
    </div>
  );
}

/** Says something to the owner. */
export function useSay(): Board["say"] {
  return useContext(SayContext);
}
