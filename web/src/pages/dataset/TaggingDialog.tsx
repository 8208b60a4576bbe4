import { Checkbox, Input, Select, Slider, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSubmit } from "@/api/jobs";
import { useTaggers } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";

type Existing = Schemas["NewTagging"]["existing"];

/** Tag all pictures automatically, with the trigger word first. */
export function TaggingDialog({ dataset, onClose }: { dataset: Schemas["DatasetDetail"]; onClose: () => void }) {
  const { t } = useSpeech();
  const taggers = useTaggers().data ?? [];
  const submit = useSubmit();
  const [trigger, setTrigger] = useState(dataset.concepts.find((one) => one.trigger)?.trigger ?? "");
  const [threshold, setThreshold] = useState(0.35);
  const [existing, setExisting] = useState<Existing>("keep");
  const [absorb, setAbsorb] = useState(true);
  const [chosen, setTagger] = useState<string | null>(null);
  const tagger = chosen ?? taggers[0]?.id ?? "";
  return (
    <Dialog
      title={t("tagging.title")}
      action={t("tagging.start")}
      disabled={!tagger}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        submit.mutate(
          { kind: "tag", dataset_id: dataset.id, tagger, trigger: trigger.trim() || null, threshold, absorb, existing },
          { onSuccess: onClose },
        )
      }
    >
      <TextInput
        data-autofocus
        label={t("tagging.trigger")}
        description={t("tagging.triggerHint")}
        value={trigger}
        onChange={(event) => setTrigger(event.currentTarget.value)}
      />
      <Checkbox
        label={t("tagging.traits")}
        description={t("tagging.traitsHint")}
        checked={absorb}
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
          step={0.05}
          label={(value) => value.toFixed(2)}
          value={threshold}
          onChange={setThreshold}
          thumbLabel={t("tagging.threshold")}
        />
      </Input.Wrapper>
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
      {taggers.length > 1 && (
        <Select
          label={t("tagging.tagger")}
          allowDeselect={false}
          value={tagger}
          onChange={setTagger}
          data={taggers.map((one) => ({ value: one.id, label: one.name }))}
        />
      )}
    </Dialog>
  );
}
