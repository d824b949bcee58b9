/** Why this account? The turn's own record, asked for when it is opened. */
import { useEffect, useState } from "preact/hooks";
import type { PageRuntime, PageTurnStory } from "../operations/page-wire.ts";
import { type Answer, askOperation } from "./ask.ts";
import type { Tone } from "./profile-words.ts";

type StoryAnswer = Answer<{ turn: PageTurnStory }>;

function verdictTone(verdict: string): Tone {
  if (verdict === "chosen") return "good";
  return verdict === "eligible" ? "info" : "quiet";
}

function Attempts({ story }: { readonly story: PageTurnStory }) {
  if (story.attempts.length === 0) return <p class="quiet">Nobody was asked.</p>;
  // One account may be tried twice, so its name alone tells no attempt from another.
  const numbered = story.attempts.map((attempt, index) => ({ ...attempt, id: `${index} ${attempt.profile}` }));
  return (
    <ol class="attempts">
      {numbered.map((attempt) => (
        <li key={attempt.id}>
          <span class={`dot ${attempt.outcome === "served" ? "good" : "bad"}`} aria-hidden="true" />
          <strong>{attempt.profile}</strong> {attempt.words} <span class="quiet">after {attempt.ms} ms</span>
        </li>
      ))}
    </ol>
  );
}

function Story({ story }: { readonly story: PageTurnStory }) {
  return (
    <div class="story">
      <div>
        <h3>What happened</h3>
        <Attempts story={story} />
        <p class="quiet">
          {story.model === story.upstream_model ? story.model : `${story.model}, upstream ${story.upstream_model}`} ·
          key {story.key} · status {story.status} · turn <code>{story.id}</code>
        </p>
      </div>
      <div>
        <h3>Who was considered</h3>
        <ul class="considered">
          {story.considered.map((entry) => (
            <li key={entry.profile}>
              <span class={`dot ${verdictTone(entry.verdict)}`} aria-hidden="true" />
              <strong>{entry.profile}</strong> {entry.words}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

export function TurnStory({ id, runtime }: { readonly id: string; readonly runtime: PageRuntime }) {
  const [answer, setAnswer] = useState<StoryAnswer | null>(null);
  useEffect(() => {
    let isGone = false;
    void askOperation("account-pool.explain", { runtime, id }).then((given) => {
      if (!isGone) setAnswer(given);
    });
    return () => {
      isGone = true;
    };
  }, [id, runtime]);
  if (answer === null) return <p class="quiet">Looking it up …</p>;
  if (answer.kind === "done") return <Story story={answer.result.turn} />;
  return (
    <p role="alert">
      {answer.refusal.message} <span class="quiet">{answer.refusal.hint}</span>
    </p>
  );
}
