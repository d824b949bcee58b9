/** Which notices stand, and where? Pure. */

export interface Notice {
  readonly tone: "good" | "bad";
  readonly title: string;
  /** What else there is to know, such as what was left as it is. */
  readonly detail: string | null;
}

export interface Standing extends Notice {
  readonly id: number;
}

export interface NoticeBoard {
  readonly next: number;
  /** Oldest first. */
  readonly standing: readonly Standing[];
  /** The first notice since a dialog was opened; null while none is. */
  readonly dialogSince: number | null;
}

export type NoticeStep =
  | { readonly kind: "say"; readonly notice: Notice }
  | { readonly kind: "drop"; readonly id: number }
  | { readonly kind: "enter-dialog" }
  | { readonly kind: "leave-dialog" };

export const EMPTY_BOARD: NoticeBoard = { next: 1, standing: [], dialogSince: null };

const NOTICES_MAX = 3;

function isOfDialog(notice: Standing, { dialogSince }: NoticeBoard): boolean {
  return dialogSince !== null && notice.tone === "bad" && notice.id >= dialogSince;
}

/** What stands in the dialog that is open: what went wrong since. */
export function shownInDialog(board: NoticeBoard): Standing[] {
  return board.standing.filter((notice) => isOfDialog(notice, board));
}

export function shownAround(board: NoticeBoard): Standing[] {
  return board.standing.filter((notice) => !isOfDialog(notice, board));
}

/** The oldest make room for new ones; a dialog takes what went wrong in it along. */
export function nextBoard(board: NoticeBoard, step: NoticeStep): NoticeBoard {
  switch (step.kind) {
    case "say": {
      // The same once more is the same: what was tried again went wrong again.
      const others = board.standing.filter(({ title }) => title !== step.notice.title);
      const standing = [...others, { ...step.notice, id: board.next }].slice(-NOTICES_MAX);
      return { ...board, next: board.next + 1, standing };
    }
    case "drop":
      return { ...board, standing: board.standing.filter(({ id }) => id !== step.id) };
    case "enter-dialog":
      return { ...board, dialogSince: board.next };
    case "leave-dialog":
      return { ...board, standing: shownAround(board), dialogSince: null };
  }
}
