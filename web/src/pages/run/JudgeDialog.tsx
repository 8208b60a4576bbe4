import { Input, SegmentedControl, Select, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSubmit } from "@/api/jobs";
import { useTaggers } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";

const PICTURES = [16, 64, 128];

/** With which tagger, and on how many pictures, the epochs are judged. */
export function JudgeDialog({ run, onClose }: { run: Schemas["RunDetail"]; onClose: () => void }) {
  const { t } = useSpeech();
  const taggers = useTaggers().data ?? [];
  const [chosen, setTagger] = useState<string | null>(null);
  const [seeds, setSeeds] = useState(64);
  const submit = useSubmit();
  const tagger = chosen ?? taggers[0]?.id ?? "";
  return (
    <Dialog
      title={t("judge.do")}
      action={t("judge.do")}
      disabled={!tagger}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() => submit.mutate({ kind: "judge", run_id: run.id, tagger, seeds }, { onSuccess: onClose })}
    >
      <Text size="sm">{t("judge.how")}</Text>
      <Select
        label={t("judge.tagger")}
        data={taggers.map((one) => ({ value: one.id, label: one.name }))}
        value={tagger}
        allowDeselect={false}
        onChange={setTagger}
      />
      <Input.Wrapper label={t("judge.pictures")}>
        <SegmentedControl
          fullWidth
          aria-label={t("judge.pictures")}
          value={String(seeds)}
          onChange={(value) => setSeeds(Number(value))}
          data={PICTURES.map((count) => ({ value: String(count), label: String(count) }))}
        />
      </Input.Wrapper>
    </Dialog>
  );
}
