import { Text } from "@mantine/core";
import { useState } from "react";
import { useSubmit } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";
import { BaseField, FileNameField, RankField } from "./fields";

/** Make a LoRA of what a fine-tuned base learnt. */
export function ExtractDialog({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const submit = useSubmit();
  const [name, setName] = useState("");
  const [tuned, setTuned] = useState<string | null>(null);
  const [base, setBase] = useState<string | null>(null);
  const [rank, setRank] = useState<number | "">(32);
  const ready = tuned && base && tuned !== base && rank;
  return (
    <Dialog
      title={t("tool.extract.do")}
      action={t("tool.extract.act")}
      disabled={!name.trim() || !ready}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        ready &&
        submit.mutate({ kind: "extract", name, tuned, base, rank, targets: "attention+mlp" }, { onSuccess: onClose })
      }
    >
      <Text size="sm">{t("tool.extract.how")}</Text>
      <BaseField label={t("tool.extract.tuned")} value={tuned} onChange={setTuned} />
      <BaseField label={t("tool.extract.from")} value={base} onChange={setBase} />
      <RankField required hint={t("tool.extract.rank")} value={rank} onChange={setRank} />
      <FileNameField value={name} onChange={setName} />
    </Dialog>
  );
}
