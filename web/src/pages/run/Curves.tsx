import { Card, Group, SimpleGrid, Slider, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useCurve } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { type Curve, LineChart } from "@/parts/LineChart";
import { chartsOf } from "@/parts/charts";

const route = getRouteApi("/runs/$id");
const USUAL = 90;

/** Loss, held-out loss, loss by noise, rate, speed and gradient over one axis of steps, smoothed as wished. */
export function Curves({ run }: { run: Schemas["RunDetail"] }) {
  const { t } = useSpeech();
  const curve = useCurve(run.id).data;
  const { smooth = USUAL } = route.useSearch();
  const navigate = route.useNavigate();
  const charts = useMemo(
    () => (curve ? chartsOf(curve, smooth / 100, run.finds_rate, t) : []),
    [curve, smooth, run.finds_rate, t],
  );
  const [main, ...rest] = charts;
  if (!curve || curve.steps.length === 0 || !main) return null;
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {t("run.curves")}
        </Title>
        <Group gap="xs" wrap="nowrap">
          <Text size="sm" c="dimmed" id="smoothing">
            {t("run.smoothing")}
          </Text>
          <Slider
            w={140}
            min={0}
            max={99}
            value={smooth}
            aria-labelledby="smoothing"
            onChange={(value) =>
              void navigate({
                search: (now) => ({ ...now, smooth: value === USUAL ? undefined : value }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        </Group>
      </Group>
      <Chart {...main} group={run.id} height={240} />
      <SimpleGrid cols={{ base: 1, sm: 2 }} mt="md" spacing="lg">
        {rest.map((chart) => (
          <Chart key={chart.title} {...chart} group={run.id} height={150} />
        ))}
      </SimpleGrid>
    </Card>
  );
}

interface ChartProps {
  title: string;
  curves: Curve[];
  band?: [number, number];
  group: string;
  height: number;
}

function Chart({ title, ...rest }: ChartProps) {
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {title}
      </Text>
      <LineChart label={title} {...rest} />
    </div>
  );
}
