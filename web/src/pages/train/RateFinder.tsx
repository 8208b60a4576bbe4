import { Button, Card, Group, NumberInput, Stack, Text, Title } from "@mantine/core";
import { IconGauge } from "@tabler/icons-react";
import { useState } from "react";
import { useJobs, useSubmit } from "@/api/jobs";
import { useResults } from "@/api/results";
import { useSpeech } from "@/i18n";
import { JobLine } from "@/parts/JobLine";
import type { Form } from "./useForm";

interface Props {
  dataset: string;
  form: Form;
  /** Whether the recipe can be trained as it is. */
  ready: boolean;
}

/** Which learning rate suits these pictures: searched by D-Adaptation, taken over by a click. */
export function RateFinder({ dataset, form, ready }: Props) {
  const { t } = useSpeech();
  const submit = useSubmit();
  const [steps, setSteps] = useState<number | string>(200);
  const last = (useJobs().data ?? []).find((job) => job.kind === "find_rate" && job.dataset_id === dataset);
  const rates = useResults(last).data?.rates ?? [];
  const { recipe } = form;
  return (
    <Card withBorder padding="md" component="section">
      <Stack gap="xs">
        <Title order={2} size="h5">
          {t("tool.findRate")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("tool.findRateHow")}
        </Text>
        <Group align="end" gap="xs">
          <NumberInput
            w={110}
            size="xs"
            label={t("tool.findRateSteps")}
            min={20}
            max={10_000}
            allowDecimal={false}
            value={steps}
            onChange={setSteps}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={<IconGauge size={14} />}
            disabled={!ready || !recipe || typeof steps !== "number"}
            loading={submit.isPending}
            onClick={() =>
              recipe && submit.mutate({ kind: "find_rate", dataset_id: dataset, recipe, steps: Number(steps) })
            }
          >
            {t("tool.findRateDo")}
          </Button>
        </Group>
        {last && <JobLine job={last} />}
        <Group gap="xs">
          {rates.map((one) => (
            <Button
              key={one.kind}
              size="xs"
              variant="light"
              onClick={() => recipe && form.take({ ...recipe, optimizer: one.optimizer })}
            >
              {t("tool.rateTake", { kind: one.kind, rate: one.lr })}
            </Button>
          ))}
        </Group>
      </Stack>
    </Card>
  );
}
