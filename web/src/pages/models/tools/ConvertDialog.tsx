import { SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";
import { useSubmit } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";
import { AdapterField, FileNameField } from "./fields";

type Layout = "kohya" | "diffusers";

/** Write a LoRA as another program wants it. */
export function ConvertDialog({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const submit = useSubmit();
  const [name, setName] = useState("");
  const [file, setFile] = useState<string | null>(null);
  const [to, setTo] = useState<Layout>("diffusers");
  return (
    <Dialog
      title={t("tool.convert.do")}
      action={t("tool.convert.act")}
      disabled={!name.trim() || !file}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() => file && submit.mutate({ kind: "convert", name, file, to }, { onSuccess: onClose })}
    >
      <Text size="sm">{t("tool.convert.how")}</Text>
      <AdapterField value={file} onChange={setFile} />
      <SegmentedControl
        fullWidth
        aria-label={t("tool.convert.to")}
        value={to}
        onChange={(value) => setTo(value as Layout)}
        data={[
          { value: "diffusers", label: "diffusers" },
          { value: "kohya", label: "A1111 · Forge · ComfyUI" },
        ]}
      />
      <FileNameField value={name} onChange={setName} />
    </Dialog>
  );
}
