import { useComputedColorScheme, useMantineTheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { short } from "./format";
import { aligned } from "./curves";

const WHOLE_STEPS = [1, 2, 5]
  .flatMap((one) => [0, 1, 2, 3, 4, 5].map((power) => one * 10 ** power))
  .sort((a, b) => a - b);

/** The smoothed loss in its band of highs and lows; dots are the losses on held-out pictures. */
export function LossChart({ curve, height = 240 }: { curve: Schemas["CurveShape"]; height?: number }) {
  const { t } = useSpeech();
  const { ref, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useMantineTheme();
  const dark = useComputedColorScheme("light") === "dark";
  const data = useMemo(() => aligned(curve), [curve]);
  const latest = useRef(data);
  latest.current = data;
  const validated = curve.validation_steps.length > 0;
  useEffect(() => {
    if (!holder.current || !width) return;
    const text = dark ? theme.colors.dark[1] : theme.colors.gray[7];
    const lines = { stroke: dark ? theme.colors.dark[4] : theme.colors.gray[2], width: 1 };
    const axis: uPlot.Axis = { stroke: text, grid: lines, ticks: lines, font: "12px system-ui" };
    const value = (_: uPlot, raw: number | null) => (raw == null ? "–" : short(raw));
    const main = theme.colors.cinnabar?.[dark ? 5 : 7] ?? "red";
    const edge: uPlot.Series = { stroke: `${main}55`, width: 1, points: { show: false }, value };
    const green = theme.colors.teal[6];
    const points = { show: true, size: 7, fill: green };
    const dots: uPlot.Series = { label: t("run.validation"), stroke: green, paths: () => null, points, value };
    const plot = new uPlot(
      {
        width,
        height,
        scales: { x: { time: false } },
        axes: [
          { ...axis, incrs: WHOLE_STEPS },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(3)))) },
        ],
        bands: [{ series: [2, 1], fill: `${main}22` }],
        series: [
          { label: t("run.step") },
          { ...edge, label: t("run.low") },
          { ...edge, label: t("run.high") },
          { label: t("run.smoothed"), stroke: main, width: 2, points: { show: false }, value },
          ...(validated ? [dots] : []),
        ],
      },
      latest.current,
      holder.current,
    );
    chart.current = plot;
    return () => plot.destroy();
  }, [width, height, dark, theme, t, validated]);
  useEffect(() => chart.current?.setData(data), [data]);
  return (
    <div ref={ref} style={{ minHeight: height }}>
      <div ref={holder} role="img" aria-label={t("run.loss")} />
    </div>
  );
}
