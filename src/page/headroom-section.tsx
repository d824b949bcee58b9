/** How did the accounts fare over the last hours: what was left of them, and how much work each did? */
import { useState } from "preact/hooks";
import type { PageSnapshot } from "../operations/page-wire.ts";
import { type ChartData, headroomData, type Span, tableRows, turnsData } from "./chart-data.ts";
import { dayClockText } from "./local-time.ts";
import { accountColours } from "./profile-words.ts";
import { Empty, Section } from "./section.tsx";
import { type ChartKind, TimeChart } from "./time-chart.tsx";
import { useLook } from "./use-look.ts";

interface SpanWords {
  readonly choice: string;
  readonly headroom: string;
  readonly turns: string;
}

const SPANS: Readonly<Record<Span, SpanWords>> = {
  day: { choice: "Day", headroom: "Left of the 5 h windows", turns: "Turns an hour" },
  week: { choice: "Week", headroom: "Left of the weekly windows", turns: "Turns a day" },
};

/** What scrolls must be reachable by keyboard. */
const REACHABLE = { tabIndex: 0 };

function DataTable({
  data,
  caption,
  unit,
}: {
  readonly data: ChartData;
  readonly caption: string;
  readonly unit: string;
}) {
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
                <th scope="row">{dayClockText(atMs)}</th>
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

function SpanChoice({ chosen, onChoose }: { readonly chosen: Span; readonly onChoose: (span: Span) => void }) {
  return (
    <fieldset class="segments">
      <legend class="for-readers">How far back</legend>
      {(["day", "week"] as const).map((span) => (
        <label key={span} class="segment">
          <input
            type="radio"
            name="span"
            class="for-readers"
            checked={span === chosen}
            onChange={() => onChoose(span)}
          />
          {SPANS[span].choice}
        </label>
      ))}
    </fieldset>
  );
}

interface ChartCardProps {
  readonly title: string;
  readonly data: ChartData;
  readonly kind: ChartKind;
  readonly unit: "%" | "";
  /** What has to happen before there is something to see; null when there is. */
  readonly missing: string | null;
}

function ChartCard({ title, data, kind, unit, missing }: ChartCardProps) {
  const look = useLook();
  return (
    <div class="card">
      {missing === null ? (
        <>
          <TimeChart title={title} data={data} kind={kind} unit={unit} look={look} />
          <DataTable data={data} caption={`${title} by account, newest first`} unit={unit} />
        </>
      ) : (
        <>
          <h3>{title}</h3>
          <Empty title="Nothing to draw yet">{missing}</Empty>
        </>
      )}
    </div>
  );
}

export function HeadroomSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { history, pool, at } = snapshot;
  const [span, setSpan] = useState<Span>("day");
  const nowMs = Date.parse(at);
  const colours = accountColours(pool.profiles);
  const byName = new Map(pool.profiles.map((profile) => [profile.name, colours.get(profile.account) ?? 0]));
  const headroom = headroomData(history.headroom, span, nowMs, colours);
  const turns = turnsData(history.turns, span, nowMs, byName);
  const isDrawn = headroom.times.length >= 2 && headroom.series.length > 0;
  return (
    <Section
      id="headroom"
      about="What was left of each account, and how the turns were spread over them."
      actions={<SpanChoice chosen={span} onChoose={setSpan} />}
    >
      <div class="columns">
        <ChartCard
          title={SPANS[span].headroom}
          data={headroom}
          kind="lines"
          unit="%"
          missing={isDrawn ? null : "A line begins when the windows of an account have been read twice."}
        />
        <ChartCard
          title={SPANS[span].turns}
          data={turns}
          kind="bars"
          unit=""
          missing={turns.series.length > 0 ? null : "Bars appear with the first request."}
        />
      </div>
    </Section>
  );
}
