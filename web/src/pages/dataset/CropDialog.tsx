import { Checkbox, Chip, Group, Input, Radio, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSubmit } from "@/api/jobs";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";

interface Props {
  dataset: Schemas["DatasetDetail"];
  /** None are all. */
  pictures: string[];
  onClose: () => void;
}

/** Crop pictures to sizes of a base: around the subject, or the middle. */
export function CropDialog({ dataset, pictures, onClose }: Props) {
  const { t } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  const submit = useSubmit();
  const [mode, setMode] = useState<"focus" | "centre">("focus");
  const [chosen, setBase] = useState<string | null>(null);
  const [menu, setMenu] = useState<"usual" | "every">("usual");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [overwrite, setOverwrite] = useState(pictures.length > 0);
  const base = bases.find((one) => one.id === chosen) ?? bases[0];
  const offered = (menu === "usual" ? base?.usual_sizes : base?.sizes) ?? [];
  const sizes = offered.filter((one) => !left.has(one));
  return (
    <Dialog
      title={`${t("crop.title")} · ${t("batch.for", { count: pictures.length || dataset.pictures })}`}
      action={t("crop.start")}
      disabled={!base || sizes.length === 0 || dataset.busy}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        submit.mutate(
          { kind: "crop", dataset_id: dataset.id, mode, base: base?.id ?? "", sizes, overwrite, pictures },
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
        data={bases.map((one) => ({ value: one.id, label: `${one.name} · ${one.family_title}` }))}
        value={base?.id ?? null}
        allowDeselect={false}
        onChange={(value) => {
          setBase(value);
          setLeft(new Set());
        }}
      />
      <Input.Wrapper label={t("crop.sizes")} description={t("crop.sizesHint")}>
        <SegmentedControl
          mt={6}
          size="xs"
          fullWidth
          aria-label={t("crop.sizes")}
          value={menu}
          onChange={(value) => {
            setMenu(value as typeof menu);
            setLeft(new Set());
          }}
          data={[
            { value: "usual", label: t("crop.usual") },
            { value: "every", label: t("crop.every", { count: base?.sizes.length ?? 0 }) },
          ]}
        />
        <Chip.Group
          multiple
          value={sizes}
          onChange={(kept) => setLeft(new Set(offered.filter((one) => !kept.includes(one))))}
        >
          <Group gap="xs" mt={8}>
            {offered.map((size) => (
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
