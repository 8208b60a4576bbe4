import { Button, Card, Group, Input, SegmentedControl, Select, Stack, Text, Title } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useAdapters } from "@/api/drawings";
import { useJobs, useSubmit } from "@/api/jobs";
import { useBases, useTaggers } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { fileLabel } from "@/pages/workbench/labels";
import { Dialog } from "@/parts/Dialog";
import { JobLine } from "@/parts/JobLine";

const SEEDS = [1, 2, 4];

/** Which captions don't say what is in their picture: each is drawn and compared. */
export function CaptionCheckCard({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const [asking, setAsking] = useState(false);
  const last = (useJobs().data ?? []).find((job) => job.kind === "captions" && job.dataset_id === dataset.id);
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h5">
            {t("tool.captions")}
          </Title>
          <Button size="xs" variant="default" leftSection={<IconScale size={14} />} onClick={() => setAsking(true)}>
            {t("tool.captionsDo")}
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          {t("tool.captionsHow")}
        </Text>
        {last && <JobLine job={last} />}
      </Stack>
      {asking && <CaptionCheckDialog dataset={dataset} onClose={() => setAsking(false)} />}
    </Card>
  );
}

function CaptionCheckDialog({ dataset, onClose }: { dataset: Schemas["DatasetDetail"]; onClose: () => void }) {
  const { t } = useSpeech();
  const submit = useSubmit();
  const bases = useBases().data?.bases ?? [];
  const taggers = useTaggers().data ?? [];
  const adapters = useAdapters().data ?? [];
  const [base, setBase] = useState<string | null>(null);
  const [tagger, setTagger] = useState<string | null>(null);
  const [adapter, setAdapter] = useState<string | null>(null);
  const [seeds, setSeeds] = useState(2);
  const chosen = { base: base ?? bases[0]?.id ?? "", tagger: tagger ?? taggers[0]?.id ?? "" };
  return (
    <Dialog
      title={t("tool.captions")}
      action={t("tool.captionsDo")}
      disabled={!chosen.base || !chosen.tagger}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        submit.mutate({ kind: "captions", dataset_id: dataset.id, ...chosen, adapter, seeds }, { onSuccess: onClose })
      }
    >
      <Text size="sm">{t("tool.captionsTime")}</Text>
      <Select
        label={t("train.base")}
        allowDeselect={false}
        data={bases.map((one) => ({ value: one.id, label: one.name }))}
        value={chosen.base}
        onChange={setBase}
      />
      <Select
        clearable
        clearButtonProps={{ "aria-label": t("common.delete") }}
        label={t("tool.captionsAdapter")}
        description={t("tool.captionsAdapterHint")}
        placeholder={t("tool.captionsNoAdapter")}
        data={adapters.map((one) => ({
          group: one.name,
          items: one.files.map((file) => ({ value: file.file, label: `${one.name} · ${fileLabel(file, t)}` })),
        }))}
        value={adapter}
        onChange={setAdapter}
      />
      <Select
        label={t("judge.tagger")}
        allowDeselect={false}
        data={taggers.map((one) => ({ value: one.id, label: one.name }))}
        value={chosen.tagger}
        onChange={setTagger}
      />
      <Input.Wrapper label={t("tool.captionsSeeds")}>
        <SegmentedControl
          fullWidth
          aria-label={t("tool.captionsSeeds")}
          value={String(seeds)}
          onChange={(value) => setSeeds(Number(value))}
          data={SEEDS.map(String)}
        />
      </Input.Wrapper>
    </Dialog>
  );
}
