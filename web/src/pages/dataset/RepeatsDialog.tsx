import { NumberInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { changePictures, useChange } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";

interface Props {
  dataset: Schemas["DatasetDetail"];
  pictures: string[];
  onClose: () => void;
}

/** How often an epoch shows these pictures. */
export function RepeatsDialog({ dataset, pictures, onClose }: Props) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const [value, setValue] = useState<number | string>("");
  const repeats = value === "" ? null : Number(value);
  return (
    <Dialog
      title={`${t("batch.setRepeats")} · ${t("batch.for", { count: pictures.length })}`}
      action={t("common.apply")}
      loading={change.isPending}
      onClose={onClose}
      onConfirm={() =>
        change.mutate(
          {
            call: (version) => changePictures(dataset.id, version, pictures, { repeats }),
            names: pictures,
            shown: { own_repeats: repeats },
          },
          { onSuccess: onClose },
        )
      }
    >
      <NumberInput
        data-autofocus
        label={t("batch.repeats")}
        description={t("batch.repeatsHint")}
        min={1}
        max={10_000}
        allowDecimal={false}
        value={value}
        onChange={setValue}
      />
    </Dialog>
  );
}
