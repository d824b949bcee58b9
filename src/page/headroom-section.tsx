/** How did the accounts fare over the last hours: what was left of them, and how much work each did? */
import { useMemo, useState } from "preact/hooks";
import type { PageSnapshot } from "../operations/page-wire.ts";
import { type ChartData, headroomData, tableRows, turnsData, type WindowKind } from "./chart-data.ts";
import { clockText } from "./local-time.ts";
import { accountColours } from "./profile-words.ts";
import { Empty, Section } from "./section.tsx";
import { TimeChart } from "./time-chart.tsx";
import { useLook } from "./use-look.ts";

const WINDOWS: readonly { readonly id: WindowKind; readonly title: string }[] = [
  { id: "five-hour", title: "5 hours" },
  { id: "weekly", title: "Week" },
];

const HEADROOM_TITLE = "Left of the window, by account";
const TURNS_TITLE = "Turns an hour, by account";

/** What scrolls must be reachable by keyboard. */
const REACHABLE = { tabIndex: 0 };

function Legend({ data }: { readonly data: ChartData }) {
  return (
    <ul class="legend" aria-hidden="true">
      {data.series.map(({ name, colour }) => (
        <li key={name}>
          <span class={`swatch ${colour === null ? "" : `series-${colour}`}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}

function DataTable({
  data,
  caption,
  unit,
}: {
  readonly data: ChartData;
  readonly caption: string;
  readonly unit: string;
}) {
  const nowMs = Date.now();
  return (
    <details class="as-table">
      <summary>Show as a table</summary>
      <section class="scroller" aria-label={caption} {...REACHABLE}>
        <table class="table plain">
          <caption class="for-readers">{caption}</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              {data.series.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tableRows(data).map(({ atMs, values }) => (
              <tr key={atMs}>
                <th scope="row">{clockText(new Date(atMs).toISOString(), nowMs)}</th>
                {data.series.map(({ name }, index) => {
                  const value = values[index] ?? null;
                  return <td key={name}>{value === null ? "unknown" : `${Math.round(value)}${unit}`}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function WindowChoice({
  chosen,
  onChoose,
}: {
  readonly chosen: WindowKind;
  readonly onChoose: (window: WindowKind) => void;
}) {
  return (
    <fieldset class="segments">
      <legend class="for-readers">Window</legend>
      {WINDOWS.map(({ id, title }) => (
        <label key={id} class="segment">
          <input type="radio" name="window" class="for-readers" checked={id === chosen} onChange={() => onChoose(id)} />
          {title}
        </label>
      ))}
    </fieldset>
  );
}

export function HeadroomSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { history, pool, at } = snapshot;
  const [window, setWindow] = useState<WindowKind>("five-hour");
  const look = useLook();
  const headroom = useMemo(
    () => headroomData(history.headroom, window, accountColours(pool.profiles)),
    [history.headroom, window, pool.profiles],
  );
  const turns = useMemo(() => {
    const colours = accountColours(pool.profiles);
    const byName = new Map(pool.profiles.map((profile) => [profile.name, colours.get(profile.account) ?? 0]));
    return turnsData(history.turns, Date.parse(at), byName);
  }, [history.turns, pool.profiles, at]);
  return (
    <Section
      id="headroom"
      about="What was left of each account, and how the turns were spread."
      actions={<WindowChoice chosen={window} onChoose={setWindow} />}
    >
      <div class="columns">
        <div class="card">
          {headroom.times.length < 2 || headroom.series.length === 0 ? (
            <>
              <h3>{HEADROOM_TITLE}</h3>
              <Empty title="Not enough seen yet">The line begins when an account's windows have been read twice.</Empty>
            </>
          ) : (
            <>
              <TimeChart title={HEADROOM_TITLE} data={headroom} kind="lines" unit="%" look={look} />
              <Legend data={headroom} />
              <DataTable data={headroom} caption="Left of the window by account, newest first" unit="%" />
            </>
          )}
        </div>
        <div class="card">
          {turns.times.length === 0 ? (
            <>
              <h3>{TURNS_TITLE}</h3>
              <Empty title="No turn yet">Bars appear with the first request.</Empty>
            </>
          ) : (
            <>
              <TimeChart title={TURNS_TITLE} data={turns} kind="bars" unit="" look={look} />
              <Legend data={turns} />
              <DataTable data={turns} caption="Turns an hour by account, newest first" unit="" />
            </>
          )}
        </div>
      </div>
    </Section>
  );
}
