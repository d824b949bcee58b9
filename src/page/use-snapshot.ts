/** What does the page know, and is it of now? */
import { useEffect, useReducer } from "preact/hooks";
import type { PageSnapshot } from "../operations/page-wire.ts";
import { followSnapshots, type LinkNews } from "./follow-snapshots.ts";

export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "offline"; readonly retryAtMs: number; readonly isCrowded: boolean }
  | { readonly kind: "signed-out" };

export interface View {
  readonly link: Link;
  /** The last one; stays while the link is down. Null before the first, and for whoever may see nothing. */
  readonly snapshot: PageSnapshot | null;
}

export const FIRST_VIEW: View = { link: { kind: "connecting" }, snapshot: null };

/** Pure. */
export function nextView(view: View, news: LinkNews): View {
  switch (news.kind) {
    case "snapshot":
      return { link: { kind: "live" }, snapshot: news.snapshot };
    case "offline":
      return { ...view, link: news };
    case "signed-out":
      return { link: news, snapshot: null };
  }
}

export function useSnapshot(): View {
  const [view, hear] = useReducer(nextView, FIRST_VIEW);
  useEffect(() => followSnapshots(hear), []);
  return view;
}
