import { Alert, Anchor, Card, Divider, Group, Stack, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { useMachine } from "@/api/machine";
import { type Values, useBases, useMemory } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Marked } from "@/parts/Marked";
import { bytes, duration, number } from "@/parts/format";

interface Props {
  dataset: string;
  recipe: Values | null;
  plan: Schemas["PlanShape"];
  /** Whether it fits the form as it is now; else the new one is on its way. */
  current: boolean;
}

/** What a recipe will do, with its arithmetic. */
export function PlanCard({ dataset, recipe, plan, current }: Props) {
  const { t, say, language } = useSpeech();
  const [settled] = useDebouncedValue(recipe, 1000); // it goes through a step, which costs the machine some seconds
  const memory = useMemory(dataset, settled);
  const embedded = useBases().data?.bases.find((one) => one.name === plan.base)?.embedded ?? false;
  const isSlow = useMachine().data?.device?.kind === "cpu" && !embedded;
  const triggers = plan.concepts.map((one) => one.trigger).filter(Boolean);
  return (
    <Card withBorder padding="lg" aria-busy={!current}>
      <Stack gap="sm" style={{ opacity: current ? 1 : 0.55 }}>
        {!current && (
          <Text size="sm" fw={600} role="status">
            {t("train.planStale")}
          </Text>
        )}
        <Group justify="space-between" align="baseline">
          <Title order={2} size="h4">
            {t("train.plan")}
          </Title>
          <Text size="xl" fw={700} c="var(--mantine-primary-color-light-color)">
            {t("train.stepsOf", { count: number(plan.total_steps, language) })}
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          {say(plan.arithmetic)}
        </Text>
        {plan.cautions.map((one) => (
          <Alert
            key={one.en}
            color="orange"
            variant="filled"
            autoContrast
            p="sm"
            title={t("train.caution")}
            icon={<IconAlertTriangle size={20} />}
            role="alert"
          >
            <Marked>{say(one)}</Marked>
          </Alert>
        ))}
        <Divider />
        <Line name={t("train.time")}>
          {plan.expected_seconds === null
            ? t(isSlow ? "train.timeLong" : "train.timeUnknown")
            : t(plan.is_rough_time ? "train.timeAbout" : "train.timeIs", {
                time: duration(plan.expected_seconds, language),
              })}
        </Line>
        {isSlow && (
          <Alert color="orange" p="xs" icon={<IconAlertTriangle size={18} />} role="alert">
            {t("train.noGpu", { base: plan.base })}
          </Alert>
        )}
        <Line name={t("train.memory")}>
          {memory.data ? bytes(memory.data.total) : memory.error ? "–" : t("train.memoryMeasuring")}
        </Line>
        <Line name={t("train.size")}>{bytes(plan.file_bytes)}</Line>
        <Line name={t("train.saved")}>{plan.checkpoints}</Line>
        <Line name={t("train.buckets")}>
          {plan.buckets.map((one) => `${one.size.replace("x", "×")} (${one.pictures})`).join(", ")}
        </Line>
        {triggers.length > 0 && <Line name={t("train.trigger")}>{triggers.join(", ")}</Line>}
        {plan.warnings.map((one) => (
          <Alert key={one.en} color="yellow" p="xs" icon={<IconInfoCircle size={18} />}>
            {say(one)}
          </Alert>
        ))}
        {plan.warnings.length > 0 && (
          <Anchor size="sm" renderRoot={(props) => <Link to="/datasets/$id" params={{ id: dataset }} {...props} />}>
            {t("train.openDataset")}
          </Anchor>
        )}
      </Stack>
    </Card>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" align="start">
      <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
        {name}
      </Text>
      <Text size="sm" fw={500} ta="right">
        {children}
      </Text>
    </Group>
  );
}
