/** Draws values over time on a canvas, in the colours of the sheet. Says nothing to screen readers: a table does. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { type ChartData, type Series, stack } from "./chart-data.ts";
import { clockText } from "./local-time.ts";

export type ChartKind = "lines" | "bars";

interface TimeChartProps {
  readonly title: string;
  readonly data: ChartData;
  readonly kind: ChartKind;
  readonly unit: "%" | "";
  /** Changes when colours do. */
  readonly look: string;
}

const HEIGHT_PX = 190;
const HOUR_MS = 3_600_000;

/** The sheet's colours as a canvas understands them. */
interface Palette {
  readonly text: string;
  readonly grid: string;
  readonly series: (colour: number | null) => string;
}

function readPalette(place: HTMLElement): Palette {
  const probe = document.createElement("span");
  place.append(probe);
  const colourOf = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const known = new Map(
    ["quiet", "0", "1", "2", "3", "4", "5", "6", "7"].map((name) => [name, colourOf(`--series-${name}`)]),
  );
  const palette = { text: colourOf("--text-quiet"), grid: colourOf("--line") };
  probe.remove();
  return { ...palette, series: (colour) => known.get(String(colour ?? "quiet")) ?? palette.text };
}

function lineSeries({ name, colour }: Series, palette: Palette): uPlot.Series {
  return { label: name, stroke: palette.series(colour), width: 2, spanGaps: true, points: { show: false } };
}

function barSeries({ name, colour }: Series, palette: Palette): uPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.72, 28], align: 1 });
  const look = { label: name, fill: palette.series(colour), width: 0, points: { show: false } };
  return bars === undefined ? look : { ...look, paths: bars };
}

function axes(palette: Palette, unit: string): uPlot.Axis[] {
  const common = { stroke: palette.text, font: "11px system-ui, sans-serif", ticks: { show: false } };
  const grid = { stroke: palette.grid, width: 1 };
  return [
    {
      ...common,
      grid: { show: false },
      size: 26,
      space: 72,
      values: (_, splits) => splits.map((at) => axisTime(at, splits)),
    },
    {
      ...common,
      grid,
      size: 40,
      space: 36,
      values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? `${value}${unit}` : "")),
    },
  ];
}

/** Days where the axis spans days, hours where it spans hours. */
function axisTime(atMs: number, splits: readonly number[]): string {
  const spansDays = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > 40 * HOUR_MS;
  const form = spansDays
    ? ({ weekday: "short", day: "numeric" } as const)
    : ({ hour: "numeric", minute: "2-digit" } as const);
  return new Intl.DateTimeFormat(undefined, form).format(atMs);
}

/** The columns as they are drawn: bars stand on each other, and the tallest has to be drawn first. */
function columns({ times, series }: ChartData, kind: ChartKind): uPlot.AlignedData {
  const drawn = kind === "bars" ? stack(series).reverse() : series;
  return [[...times], ...drawn.map((line) => [...line.values])];
}

/** What a name stands for: at the instant that is pointed at, else the latest of a line and the sum of bars. */
function legendValue(values: Series["values"], kind: ChartKind, index: number | null): number | null {
  if (index !== null) return values[index] ?? null;
  if (kind === "bars") return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  return values.findLast((value) => value !== null) ?? null;
}

interface LegendProps extends Pick<TimeChartProps, "data" | "kind" | "unit"> {
  readonly index: number | null;
}

function Legend({ data, kind, unit, index }: LegendProps) {
  return (
    <ul class="legend" aria-hidden="true">
      {data.series.map(({ name, colour, values }) => {
        const value = legendValue(values, kind, index);
        return (
          <li key={name}>
            <span class={`swatch ${colour === null ? "" : `series-${colour}`}`} />
            {name}
            <span class="quiet">{value === null ? "" : `${Math.round(value)}${unit}`}</span>
          </li>
        );
      })}
    </ul>
  );
}

function pointedAt(times: readonly number[], index: number | null): string {
  const atMs = index === null ? undefined : times[index];
  return atMs === undefined ? "" : clockText(new Date(atMs).toISOString(), Date.now());
}

/** How much time a bar stands for; none for lines. */
function stepOf({ times }: ChartData, kind: ChartKind): number {
  return kind === "bars" ? (times[1] ?? 0) - (times[0] ?? 0) : 0;
}

interface ChartPlan {
  readonly place: HTMLElement;
  readonly data: ChartData;
  readonly kind: ChartKind;
  readonly unit: "%" | "";
  readonly onPoint: (index: number | null) => void;
}

function openChart({ place, data, kind, unit, onPoint }: ChartPlan): uPlot {
  const palette = readPalette(place);
  const drawn = kind === "bars" ? data.series.toReversed() : data.series;
  // A bar stands on the time that follows its instant, so the last one needs room.
  const padMs = stepOf(data, kind);
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT_PX,
    ms: 1,
    legend: { show: false },
    padding: [8, 22, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind === "lines", size: 6 } },
    scales: {
      x: { range: (_, min, max) => [min, max + padMs] },
      y: { range: (_, __, max) => [0, unit === "%" ? 100 : Math.max(4, Math.ceil(max * 1.1))] },
    },
    axes: axes(palette, unit),
    series: [{}, ...drawn.map((line) => (kind === "bars" ? barSeries(line, palette) : lineSeries(line, palette)))],
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
  };
  return new uPlot(options, columns(data, kind), place);
}

export function TimeChart({ title, data, kind, unit, look }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [index, setIndex] = useState<number | null>(null);
  const latest = useRef(data);
  latest.current = data;
  const shape = JSON.stringify([
    kind,
    unit,
    look,
    data.series.map(({ name, colour }) => [name, colour]),
    stepOf(data, kind),
  ]);

  // `shape` says everything that a chart has to be made anew for.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const opened = openChart({ place: element, data: latest.current, kind, unit, onPoint: setIndex });
    chart.current = opened;
    const watch = new ResizeObserver(() => opened.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      opened.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => chart.current?.setData(columns(data, kind)), [data, kind]);

  return (
    <>
      <div class="chart-head">
        <h3>{title}</h3>
        <p class="readout" aria-hidden="true">
          {pointedAt(data.times, index)}
        </p>
      </div>
      <div ref={place} class="chart" aria-hidden="true" />
      <Legend data={data} kind={kind} unit={unit} index={index} />
    </>
  );
}
