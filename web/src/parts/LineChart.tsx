import { useComputedColorScheme, useMantineTheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useSpeech } from "@/i18n";
import { type Line, aligned } from "./curves";
import { short, ticks } from "./format";

export interface Curve extends Line {
  label: string;
  /** One of the theme's colours. */
  colour: string;
  /** `faint` lines lie behind, `dots` stand alone. */
  look?: "faint" | "dots";
}

interface Props {
  curves: Curve[];
  label: string;
  height?: number;
  /** Charts of one name share their pointer and their part of the axis. */
  group?: string;
  /** Which curves are the upper and the lower edge of a band. */
  band?: [number, number];
}

const WHOLE_STEPS = [1, 2, 5]
  .flatMap((one) => [0, 1, 2, 3, 4, 5].map((power) => one * 10 ** power))
  .sort((a, b) => a - b);
const value = (_: uPlot, raw: number | null) => (raw == null ? "–" : short(raw));

/** Curves over the steps of training. Drag to look closer, double-click for the whole. */
export function LineChart({ curves, label, height = 240, group, band }: Props) {
  const { t } = useSpeech();
  const { ref, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useMantineTheme();
  const dark = useComputedColorScheme("light") === "dark";
  const data = useMemo(() => aligned(curves), [curves]);
  const latest = useRef(data);
  latest.current = data;
  const looks = JSON.stringify(curves.map((one) => [one.label, one.colour, one.look ?? null]));
  const edges = JSON.stringify(band ?? null);
  useEffect(() => {
    if (!holder.current || !width) return;
    const colourOf = (name: string) => theme.colors[name]?.[dark ? 5 : 7] ?? name;
    const grid = { stroke: dark ? theme.colors.dark[4] : theme.colors.gray[2], width: 1 };
    const ink = dark ? theme.colors.dark[1] : theme.colors.gray[7];
    const axis: uPlot.Axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui" };
    const series = (JSON.parse(looks) as [string, string, Curve["look"] | null][]).map(([name, colour, look]) =>
      seriesOf(name, colourOf(colour), look),
    );
    const between = JSON.parse(edges) as [number, number] | null;
    const plot = new uPlot(
      {
        width,
        height,
        scales: { x: { time: false } },
        cursor: group ? { sync: { key: group } } : {},
        axes: [
          { ...axis, incrs: WHOLE_STEPS },
          { ...axis, size: 64, values: (_, places) => ticks(places) },
        ],
        bands: between ? [{ series: [between[0] + 1, between[1] + 1], fill: `${series[between[0]]?.stroke}` }] : [],
        series: [{ label: t("run.step") }, ...series],
      },
      latest.current,
      holder.current,
    );
    chart.current = plot;
    return () => plot.destroy();
  }, [width, height, dark, theme, t, looks, edges, group]);
  useEffect(() => {
    if (chart.current) renew(chart.current, data);
  }, [data]);
  return (
    <div ref={ref} style={{ minHeight: height }}>
      <div ref={holder} role="img" aria-label={label} />
    </div>
  );
}

/** Draw what has come since; who looks closer goes on doing so. */
function renew(plot: uPlot, data: uPlot.AlignedData) {
  const steps = plot.data[0];
  const { min, max } = plot.scales.x ?? {};
  const whole = min == null || max == null || (min <= (steps[0] ?? min) && max >= (steps.at(-1) ?? max));
  plot.setData(data, whole);
  if (!whole) plot.setScale("x", { min, max });
}

function seriesOf(label: string, colour: string, look: Curve["look"] | null): uPlot.Series {
  if (look === "dots") {
    const points = { show: true, size: 7, fill: colour };
    return { label, stroke: colour, paths: () => null, points, value };
  }
  const stroke = look === "faint" ? `${colour}33` : colour;
  return { label, stroke, width: look === "faint" ? 1 : 2, points: { show: false }, spanGaps: true, value };
}
