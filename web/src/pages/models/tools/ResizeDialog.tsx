import { Text } from "@mantine/core";
import { useState } from "react";
import { useSubmit } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";
import { AdapterField, BaseField, FileNameField, RankField } from "./fields";

/** Make a LoRA smaller. */
export function ResizeDialog({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const submit = useSubmit();
  const [name, setName] = useState("");
  const [file, setFile] = useState<string | null>(null);
  const [base, setBase] = useState<string | null>(null);
  const [rank, setRank] = useState<number | "">(16);
  return (
    <Dialog
      title={t("tool.resize.do")}
      action={t("tool.resize.act")}
      disabled={!name.trim() || !file || !rank}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        file && rank && submit.mutate({ kind: "resize", name, file, base, rank, keep: null }, { onSuccess: onClose })
      }
    >
      <Text size="sm">{t("tool.resize.how")}</Text>
      <AdapterField value={file} onChange={setFile} />
      <RankField required hint={t("tool.resize.rank")} value={rank} onChange={setRank} />
      <BaseField optional label={t("tool.base")} hint={t("tool.baseHint")} value={base} onChange={setBase} />
      <FileNameField value={name} onChange={setName} />
    </Dialog>
  );
}
