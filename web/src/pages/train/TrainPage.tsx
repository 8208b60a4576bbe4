import { Card, Group, Select, Stack, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useDatasets } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { StartButtons } from "@/pages/home/Start";
import { TrainForm } from "./TrainForm";

const route = getRouteApi("/train");

/** A new training on a dataset, or an earlier one again. What is shown stands in the address, what is set in the browser. */
export function TrainPage() {
  const { t } = useSpeech();
  const { dataset = "", run = "", start = "", ...look } = route.useSearch();
  const navigate = route.useNavigate();
  const datasets = useDatasets().data ?? [];
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <Title order={1} size="h2">
          {t(start ? "train.titleOn" : run ? "train.titleAgain" : "train.title")}
        </Title>
        <Select
          label={t("train.dataset")}
          placeholder={t("train.chooseDataset")}
          w={{ base: "100%", xs: 300 }}
          data={datasets.filter((one) => one.pictures > 0).map((one) => ({ value: one.id, label: one.name }))}
          value={dataset || null}
          onChange={(value) =>
            void navigate({
              search: { ...look, ...(start && { run: run || undefined, start }), dataset: value ?? undefined },
              replace: true,
            })
          }
        />
      </Group>
      {dataset ? (
        <TrainForm
          key={`${dataset} ${run} ${start}`}
          dataset={dataset}
          run={run}
          start={start}
          look={look}
          onLook={(next) =>
            void navigate({
              search: (old) => ({
                dataset: old.dataset,
                run: old.run,
                start: old.start,
                mode: next.mode,
                find: next.find || undefined,
                changed: next.changed || undefined,
              }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      ) : (
        <Card withBorder padding="lg">
          <Stack align="start">
            <Text c="dimmed">{t(datasets.length > 0 ? "train.noDataset" : "train.noDatasets")}</Text>
            <StartButtons size="sm" />
          </Stack>
        </Card>
      )}
    </Stack>
  );
}
