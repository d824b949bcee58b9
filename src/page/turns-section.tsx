/** What was asked lately, who answered, and why this account? */
import { useState } from "preact/hooks";
import type { PageProfile, PageSnapshot, PageTurn } from "../operations/page-wire.ts";
import { ColumnHeads } from "./column-heads.tsx";
import { Icon } from "./icon.tsx";
import { Ago } from "./now.tsx";
import { ProfileTag } from "./profile-tag.tsx";
import type { Tone } from "./profile-words.ts";
import { Empty, Section } from "./section.tsx";
import { TurnStory } from "./turn-story.tsx";

const SHOWN_AT_FIRST = 8;

/** What the owner has to make of an ending. Pure. */
export function endTone(ended: string): Tone {
  switch (ended) {
    case "done":
      return "good";
    case "incomplete":
    case "client-left":
      return "quiet";
    case "refused":
      return "warn";
    default:
      return "bad";
  }
}

/** `820 ms`, `2.4 s`, `31 s`. Pure. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}

/** `940`, `12.4k`, `1.2M`. Pure. */
export function countText(count: number): string {
  if (count < 1_000) return String(count);
  const [size, unit] = count < 1_000_000 ? [count / 1_000, "k"] : [count / 1_000_000, "M"];
  return `${size < 100 ? size.toFixed(1) : Math.round(size)}${unit}`;
}

interface TurnRowProps {
  readonly turn: PageTurn;
  readonly profiles: readonly PageProfile[];
  readonly runtime: PageSnapshot["pool"]["runtime"];
}

function TurnRow({ turn, profiles, runtime }: TurnRowProps) {
  const [isOpen, setOpen] = useState(false);
  const { input_tokens: input, output_tokens: output } = turn;
  const storyId = `why-${turn.id}`;
  return (
    <>
      <tr>
        <th scope="row" data-label="When">
          <Ago at={turn.started_at} />
        </th>
        <td data-label="On">
          <ProfileTag name={turn.profile} profiles={profiles} />
        </td>
        <td data-label="Model">{turn.model}</td>
        <td data-label="Ended">
          <span class={`chip ${endTone(turn.ended)}`}>
            {turn.ended === "done" ? turn.ended : `${turn.ended} ${turn.status}`}
          </span>
          {turn.attempts > 1 ? <span class="quiet"> {turn.attempts} tries</span> : null}
        </td>
        <td data-label="Took">{durationText(turn.ms)}</td>
        <td data-label="Tokens">
          {input === null || output === null ? (
            <span class="quiet">none</span>
          ) : (
            <span title={`${input} in, ${output} out`}>
              {countText(input)} <span class="quiet">in</span> {countText(output)} <span class="quiet">out</span>
            </span>
          )}
        </td>
        <td class="end">
          <button
            type="button"
            class={`button small why ${isOpen ? "open" : ""}`}
            aria-expanded={isOpen}
            aria-controls={isOpen ? storyId : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            Why<span class="for-readers"> this account, turn {turn.id}</span>
            <Icon name="chevron" />
          </button>
        </td>
      </tr>
      {isOpen ? (
        <tr class="story-row">
          <td colSpan={7} id={storyId}>
            <TurnStory id={turn.id} runtime={runtime} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

export function TurnsSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { turns, pool } = snapshot;
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? turns : turns.slice(0, SHOWN_AT_FIRST);
  return (
    <Section id="turns" about="Each request, newest first, with the account that served it and the reason.">
      <div class="card">
        {turns.length === 0 ? (
          <Empty title="No turn yet">Send a request with one of your keys, and see here where it went.</Empty>
        ) : (
          <table class="table">
            <caption class="for-readers">Turns, newest first</caption>
            <ColumnHeads names={["When", "On", "Model", "Ended", "Took", "Tokens"]} last="Why this account" />
            <tbody>
              {shown.map((turn) => (
                <TurnRow key={turn.id} turn={turn} profiles={pool.profiles} runtime={pool.runtime} />
              ))}
            </tbody>
          </table>
        )}
        {turns.length > shown.length ? (
          <button type="button" class="button more" onClick={() => setShowsAll(true)}>
            Show {turns.length - shown.length} more
          </button>
        ) : null}
      </div>
    </Section>
  );
}
