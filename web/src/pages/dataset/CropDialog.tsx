import { Checkbox, Chip, Group, Input, Radio, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSubmit } from "@/api/jobs";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";

/** Crop all pictures to sizes of a base: around the subject, or the middle. */
export function CropDialog({ dataset, onClose }: { dataset: Schemas["DatasetDetail"]; onClose: () => void }) {
  const { t } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  const submit = useSubmit();
  const [mode, setMode] = useState<"focus" | "centre">("focus");
  const [chosen, setBase] = useState<string | null>(null);
  const [sizes, setSizes] = useState<string[]>([]);
  const [overwrite, setOverwrite] = useState(false);
  const base = bases.find((one) => one.id === chosen) ?? bases[0];
  return (
    <Dialog
      title={t("crop.title")}
      action={t("crop.start")}
      disabled={!base}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        submit.mutate(
          { kind: "crop", dataset_id: dataset.id, mode, base: base?.id ?? "", sizes, overwrite },
          { onSuccess: onClose },
        )
      }
    >
      <Text size="sm" c="dimmed">
        {t("crop.intro")}
      </Text>
      <Radio.Group label={t("crop.how")} value={mode} onChange={(value) => setMode(value as typeof mode)}>
        <Stack gap="xs" mt={6}>
          <Radio data-autofocus value="focus" label={t("crop.focus")} />
          <Radio value="centre" label={t("crop.centre")} />
        </Stack>
      </Radio.Group>
      <Select
        label={t("train.base")}
        data={bases.map((one) => ({ value: one.id, label: one.name }))}
        value={base?.id ?? null}
        allowDeselect={false}
        onChange={(value) => {
          setBase(value);
          setSizes([]);
        }}
      />
      <Input.Wrapper label={t("crop.sizes")} description={t("crop.sizesHint")}>
        <Chip.Group multiple value={sizes} onChange={setSizes}>
          <Group gap="xs" mt={6}>
            {base?.sizes.map((size) => (
              <Chip key={size} value={size} size="xs">
                {size.replace("x", " × ")}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Input.Wrapper>
      <Checkbox
        label={t("crop.overwrite")}
        checked={overwrite}
        onChange={(event) => setOverwrite(event.currentTarget.checked)}
      />
    </Dialog>
  );
}
