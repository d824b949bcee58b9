/** Which conversations are there, on which account, and did they move? */
import { useState } from "preact/hooks";
import type { PageProfile, PageSessionRow, PageSnapshot } from "../operations/page-wire.ts";
import { ColumnHeads } from "./column-heads.tsx";
import { Confirm } from "./dialog.tsx";
import { Ago } from "./now.tsx";
import { ProfileTag } from "./profile-tag.tsx";
import { reasonText } from "./profile-words.ts";
import { Empty, Section } from "./section.tsx";
import { useChange } from "./use-change.ts";

const SHOWN_AT_FIRST = 6;

function Rollovers({ session }: { readonly session: PageSessionRow }) {
  const { rollovers, last_rollover: last } = session;
  if (rollovers === 0 || last === null) return <span class="quiet">none</span>;
  return (
    <>
      <span class="count warn">{rollovers}</span>{" "}
      <span class="quiet">
        {last.from} → {last.to}: {reasonText(last.reason)}, <Ago at={last.at} />
      </span>
    </>
  );
}

interface SessionTableProps {
  readonly sessions: readonly PageSessionRow[];
  readonly profiles: readonly PageProfile[];
  readonly onEnd: (session: PageSessionRow) => void;
}

function SessionTable({ sessions, profiles, onEnd }: SessionTableProps) {
  return (
    <table class="table">
      <caption class="for-readers">Sessions, last used first</caption>
      <ColumnHeads names={["Session", "On", "Model", "Key", "Turns", "Moved", "Last used"]} last="Actions" />
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <th scope="row" data-label="Session">
              <code class="clip" title={`${session.id}, named by ${session.affinity}`}>
                {session.id}
              </code>
            </th>
            <td data-label="On">
              <ProfileTag name={session.profile} profiles={profiles} />
            </td>
            <td data-label="Model">{session.model}</td>
            <td data-label="Key">{session.key_name ?? <span class="quiet">removed</span>}</td>
            <td data-label="Turns">{session.turns}</td>
            <td data-label="Moved" class={session.rollovers > 0 ? "wide" : undefined}>
              <Rollovers session={session} />
            </td>
            <td data-label="Last used">
              <Ago at={session.last_used_at} />
            </td>
            <td class="end">
              <button type="button" class="button small" onClick={() => onEnd(session)}>
                End<span class="for-readers"> session {session.id}</span>
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function SessionsSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { sessions, pool } = snapshot;
  const [showsAll, setShowsAll] = useState(false);
  const [ended, setEnded] = useState<PageSessionRow | null>(null);
  const { isRunning, run } = useChange();
  const end = async (id: string) => {
    const result = await run("account-pool.sessions.end", { runtime: pool.runtime, id }, "The session is ended.");
    if (result !== null) setEnded(null);
  };
  const shown = showsAll ? sessions : sessions.slice(0, SHOWN_AT_FIRST);
  return (
    <Section
      id="sessions"
      count={pool.sessions}
      about="Conversations of this runtime. Each lives on one account, and moves only when it must."
    >
      <div class="card">
        {sessions.length === 0 ? (
          <Empty title="No session yet">It appears here with a client's first request.</Empty>
        ) : (
          <SessionTable sessions={shown} profiles={pool.profiles} onEnd={setEnded} />
        )}
        {sessions.length > shown.length ? (
          <button type="button" class="button more" onClick={() => setShowsAll(true)}>
            Show {sessions.length - shown.length} more
          </button>
        ) : null}
      </div>
      {ended === null ? null : (
        <Confirm
          title="End this session?"
          action="End session"
          isRunning={isRunning}
          onConfirm={() => void end(ended.id)}
          onClose={() => setEnded(null)}
        >
          <p>
            The client keeps its conversation. Its next turn is placed anew, and its prompt cache on{" "}
            {ended.profile ?? "its account"} is left behind.
          </p>
        </Confirm>
      )}
    </Section>
  );
}
