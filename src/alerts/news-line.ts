/** How is a piece of news said, in a chat and in a notification? Pure. Names profiles as their owner named them, and nothing else. */
import { inText } from "../commands/spans.ts";
import type { News } from "../operations/pool-news.ts";

export function newsLine(news: News, nowMs: number): string {
  const back = (until: string | null) => (until === null ? "" : `, back ${inText(until, nowMs)}`);
  switch (news.kind) {
    case "drained":
      return `🔴 ${news.profile} is used up${back(news.until)}.`;
    case "back":
      return `🟢 ${news.profile} is back.`;
    case "sign-in-needed":
      return news.closed ? `⛔ ${news.profile} was closed by OpenAI.` : `🔑 ${news.profile} needs to sign in.`;
    case "signed-in":
      return `🟢 ${news.profile} is signed in again.`;
    case "pool-empty":
      return `🚨 Nobody in the pool can serve${back(news.until)}.`;
    case "pool-serves":
      return "🟢 The pool can serve again.";
  }
}
