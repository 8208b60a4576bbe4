import { Card, Group, SegmentedControl, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { LineChart } from "@/parts/LineChart";
import { colourOf } from "@/parts/charts";
import { type Line, smoothed } from "@/parts/curves";

const route = getRouteApi("/compare");
const SMOOTHING = 0.9;

type Curve = Schemas["CurveShape"];
type Label = "run.loss" | "run.validation" | "run.rate" | "run.throughput";
const KINDS: Record<string, { label: Label; line: (curve: Curve) => Line }> = {
  loss: { label: "run.loss", line: (curve) => ({ steps: curve.steps, values: smoothed(curve.loss, SMOOTHING) }) },
  heldOut: {
    label: "run.validation",
    line: (curve) => ({ steps: curve.validation_steps, values: curve.validation_loss }),
  },
  rate: { label: "run.rate", line: (curve) => ({ steps: curve.steps, values: Object.values(curve.rates)[0] ?? [] }) },
  throughput: {
    label: "run.throughput",
    line: (curve) => ({ steps: curve.steps, values: smoothed(curve.images_per_second, SMOOTHING) }),
  },
};

/** One curve of each training, laid over each other. */
export function Curves({ compared, names }: { compared: { curve: Curve }[]; names: string[] }) {
  const { t } = useSpeech();
  const { curve: asked } = route.useSearch();
  const navigate = route.useNavigate();
  const kind = asked && asked in KINDS ? asked : "loss";
  const curves = useMemo(
    () =>
      compared.map(({ curve }, index) => ({
        label: names[index] ?? "",
        colour: colourOf(index),
        ...(KINDS[kind]?.line(curve) ?? { steps: [], values: [] }),
      })),
    [compared, names, kind],
  );
  const known = curves.some((one) => one.steps.length > 0);
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {t("run.curves")}
        </Title>
        <SegmentedControl
          size="xs"
          aria-label={t("run.curves")}
          value={kind}
          onChange={(value) =>
            void navigate({
              search: (now) => ({ ...now, curve: value === "loss" ? undefined : value }),
              replace: true,
              resetScroll: false,
            })
          }
          data={Object.entries(KINDS).map(([value, { label }]) => ({ value, label: t(label) }))}
        />
      </Group>
      {known ? (
        <LineChart key={kind} label={t(KINDS[kind]?.label ?? "run.loss")} curves={curves} height={280} />
      ) : (
        <Text size="sm" c="dimmed">
          {t("compare.noCurve")}
        </Text>
      )}
    </Card>
  );
}
