import { Alert, Button, Checkbox, Group, Input, Select, Slider } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconEye } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { useChange } from "@/api/datasets";
import { useDatasetJobs, useSubmit } from "@/api/jobs";
import { useTaggers } from "@/api/recipes";
import { type Tagging, tagFromScores, useTaggingTry } from "@/api/tagging";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";
import { TaggerNotice } from "./TaggerNotice";
import { TaggingPreview } from "./TaggingPreview";
import { TriggerField } from "./TriggerField";

type Existing = Schemas["NewTagging"]["existing"];

interface Props {
  dataset: Schemas["DatasetDetail"];
  /** None are all. */
  pictures: string[];
  onClose: () => void;
}

const has = (dataset: Props["dataset"]) => dataset.concepts.some((one) => one.trigger);

/**
 * Tag pictures automatically, with the trigger word first. What a tagger has seen once is remembered: then the
 * threshold moves live, and applying it takes no job.
 */
export function TaggingDialog({ dataset, pictures, onClose }: Props) {
  const { t } = useSpeech();
  const taggers = useTaggers().data ?? [];
  const submit = useSubmit();
  const change = useChange(dataset.id);
  const looking = useDatasetJobs(dataset.id).some((job) => job.ended_at === null);
  const [trigger, setTrigger] = useState(dataset.concepts.find((one) => one.trigger)?.trigger ?? "");
  const [threshold, setThreshold] = useState(0.35);
  const [existing, setExisting] = useState<Existing>(dataset.without_caption > 0 ? "keep" : "replace");
  const [absorb, setAbsorb] = useState(true);
  const [chosen, setTagger] = useState<string | null>(null);
  const tagger = chosen ?? taggers[0]?.id ?? "";
  const all = pictures.length === 0;
  const called = all ? trigger.trim() !== "" || has(dataset) : has(dataset);
  const order = useMemo<Tagging>(
    () => ({ tagger, trigger: (all && trigger.trim()) || null, threshold, absorb, existing, pictures }),
    [tagger, all, trigger, threshold, absorb, existing, pictures],
  );
  const [asked] = useDebouncedValue(order, 60);
  const tried = useTaggingTry(dataset.id, dataset.version, asked.tagger ? asked : null);
  const unseen = tried.data?.unseen ?? dataset.pictures;
  const run = (dry_run: boolean) =>
    submit.mutate(
      { kind: "tag", dataset_id: dataset.id, ...order, dry_run },
      { onSuccess: dry_run ? undefined : onClose },
    );
  const apply = () =>
    change.mutate({ call: (version) => tagFromScores(dataset.id, version, order) }, { onSuccess: onClose });
  return (
    <Dialog
      size="lg"
      title={`${t("tagging.title")} · ${t("batch.for", { count: pictures.length || dataset.pictures })}`}
      action={t("tagging.start")}
      disabled={!tagger || dataset.busy || looking}
      loading={submit.isPending || change.isPending}
      onClose={onClose}
      onConfirm={() => (unseen > 0 ? run(false) : apply())}
    >
      {all && <TriggerField dataset={dataset} value={trigger} onChange={setTrigger} />}
      <Checkbox
        label={t("tagging.traits")}
        description={t(!called ? "tagging.noTrigger" : all ? "tagging.traitsHint" : "tagging.traitsKept")}
        checked={absorb && called}
        disabled={!called}
        onChange={(event) => setAbsorb(event.currentTarget.checked)}
      />
      <Input.Wrapper
        label={`${t("tagging.threshold")}: ${threshold.toFixed(2)}`}
        description={t("tagging.thresholdHint")}
      >
        <Slider
          mt="xs"
          min={0.05}
          max={0.95}
          step={0.01}
          label={(value) => value.toFixed(2)}
          value={threshold}
          onChange={setThreshold}
          thumbLabel={t("tagging.threshold")}
        />
      </Input.Wrapper>
      <Group grow align="end">
        <Select
          label={t("tagging.existing")}
          allowDeselect={false}
          value={existing}
          onChange={(value) => setExisting((value as Existing | null) ?? "keep")}
          data={[
            { value: "keep", label: t("tagging.keep") },
            { value: "append", label: t("tagging.append") },
            { value: "replace", label: t("tagging.replace") },
          ]}
        />
        <Select
          label={t("tagging.tagger")}
          allowDeselect={false}
          value={tagger}
          onChange={setTagger}
          data={taggers.map((one) => ({ value: one.id, label: one.name }))}
        />
      </Group>
      <TaggerNotice tagger={taggers.find((one) => one.id === tagger)} caution={tried.data?.caution ?? null} />
      {tried.data && unseen > 0 && (
        <Alert color="blue" variant="light" p="sm">
          <Group justify="space-between">
            {t(looking ? "tagging.looking" : "tagging.unseen", { count: unseen })}
            <Button
              size="xs"
              variant="default"
              leftSection={<IconEye size={14} />}
              loading={looking || submit.isPending}
              disabled={dataset.busy}
              onClick={() => run(true)}
            >
              {t("tagging.look")}
            </Button>
          </Group>
        </Alert>
      )}
      <TaggingPreview dataset={dataset} tried={tried.data} error={tried.error} />
    </Dialog>
  );
}
