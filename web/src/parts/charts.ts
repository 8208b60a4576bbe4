import type { Schemas } from "@/api/client";
import type { Translate } from "@/i18n";
import type { Curve } from "./LineChart";
import { smoothed } from "./curves";

export interface ChartData {
  title: string;
  curves: Curve[];
  /** Which curves are the upper and the lower edge of a band. */
  band?: [number, number];
}

const COLOURS = ["cinnabar", "blue", "teal", "grape", "orange", "cyan"];
const GROUPS = ["unet", "text_encoder", "text_encoder_2"] as const;

/** The colour of the n-th curve of a chart. */
export const colourOf = (index: number) => COLOURS[index % COLOURS.length] ?? "gray";

/** A training's curves as charts over its steps, the loss first; those that nothing is known of are left out. */
export function chartsOf(
  curve: Schemas["CurveShape"],
  smoothing: number,
  findsRate: boolean,
  t: Translate,
): ChartData[] {
  const { steps } = curve;
  const main = colourOf(0);
  const held = { label: t("run.validation"), steps: curve.validation_steps, values: curve.validation_loss };
  const line = (label: string, values: Curve["values"], index = 0) => ({
    label,
    steps,
    values,
    colour: colourOf(index),
  });
  const charts: ChartData[] = [
    {
      title: t("run.loss"),
      band: [1, 0],
      curves: [
        { ...line(t("run.low"), curve.low), look: "faint" },
        { ...line(t("run.high"), curve.high), look: "faint" },
        line(t("run.smoothed"), smoothed(curve.loss, smoothing)),
        ...(held.steps.length ? [{ ...held, colour: "teal", look: "dots" as const }] : []),
      ],
    },
    { title: t("run.heldOut"), curves: held.steps.length > 1 ? [{ ...held, colour: "teal" }] : [] },
    {
      title: t("run.byNoise"),
      curves: curve.bands.map((band, index) =>
        line(t("run.noiseBand", { first: band.first, last: band.last }), smoothed(band.loss, smoothing), index),
      ),
    },
    {
      title: findsRate ? t("run.foundRate") : t("run.rate"),
      curves: Object.entries(curve.rates).map(([name, values], index) => {
        const group = GROUPS.find((one) => one === name);
        return line(group ? t(`run.group.${group}`) : name, values, index);
      }),
    },
    {
      title: t("run.throughput"),
      curves: [line(t("run.imagesPerSecond"), smoothed(curve.images_per_second, smoothing))],
    },
    {
      title: t("run.gradient"),
      curves: curve.gradient_norm.some((one) => one !== null)
        ? [{ ...line(t("run.gradientNorm"), smoothed(curve.gradient_norm, smoothing)), colour: main }]
        : [],
    },
  ];
  return charts.filter((chart) => chart.curves.length > 0);
}
