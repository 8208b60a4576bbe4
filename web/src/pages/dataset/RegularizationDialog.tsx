import { Button, Divider, Group, NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPhotoPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { deletePictures, useChange, usePictures } from "@/api/datasets";
import { useSubmit } from "@/api/jobs";
import { inFolder, parcels } from "@/api/parcels";
import { useBases } from "@/api/recipes";
import { useUploads } from "@/api/uploads";
import { useSpeech } from "@/i18n";
import { FilePicker } from "@/parts/FilePicker";
import { Dialog } from "@/parts/Dialog";
import { useQuestion } from "@/parts/question";
import { UploadList } from "./UploadList";

interface Props {
  dataset: Schemas["DatasetDetail"];
  onClose: () => void;
}

/** Pictures of a class, shown beside those that teach so that the base keeps what it knows: drawn by it, or uploaded. */
export function RegularizationDialog({ dataset, onClose }: Props) {
  const { t } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  const submit = useSubmit();
  const [prompt, setPrompt] = useState("");
  const [count, setCount] = useState<number | string>("");
  const [chosen, setBase] = useState<string | null>(null);
  const base = chosen ?? bases[0]?.id ?? "";
  return (
    <Dialog
      title={t("regularization.title")}
      action={t("regularization.draw")}
      disabled={!prompt.trim() || !base || dataset.busy}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        submit.mutate(
          {
            kind: "regularize",
            dataset_id: dataset.id,
            prompt: prompt.trim(),
            negative: "",
            base,
            count: count === "" ? null : Number(count),
            seed: 0,
          },
          { onSuccess: onClose },
        )
      }
    >
      <Text size="sm" c="dimmed">
        {t("regularization.intro")}
      </Text>
      <There dataset={dataset} />
      <TextInput
        data-autofocus
        label={t("regularization.prompt")}
        description={t("regularization.promptHint")}
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
      />
      <Group grow align="end">
        <Select
          label={t("train.base")}
          data={bases.map((one) => ({ value: one.id, label: one.name }))}
          value={base}
          allowDeselect={false}
          onChange={setBase}
        />
        <NumberInput
          label={t("regularization.count")}
          placeholder={t("regularization.auto")}
          min={1}
          max={1000}
          allowDecimal={false}
          value={count}
          onChange={setCount}
        />
      </Group>
    </Dialog>
  );
}

/** Those that are there, and more from files. */
function There({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const { uploads, addParcels, clear } = useUploads(dataset.id);
  const names = (usePictures(dataset.id).data ?? []).filter((one) => one.regularization).map((one) => one.name);
  const ask = useQuestion();
  const remove = () =>
    ask(
      {
        title: t("regularization.remove"),
        text: t("regularization.removeSure", { count: names.length }),
        yes: t("common.delete"),
      },
      () => change.mutate({ call: (version) => deletePictures(dataset.id, version, names) }),
    );
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {t("regularization.there", { count: names.length })}
        </Text>
        <Group gap="xs">
          <FilePicker
            multiple
            accept="image/*,.txt,.zip"
            onChange={(files) => void addParcels(parcels(files).map((one) => inFolder(one, "reg/1_class")))}
          >
            {(props) => (
              <Button {...props} size="xs" variant="default" leftSection={<IconPhotoPlus size={14} />}>
                {t("regularization.upload")}
              </Button>
            )}
          </FilePicker>
          {names.length > 0 && (
            <Button
              size="xs"
              variant="subtle"
              color="red"
              disabled={dataset.busy}
              leftSection={<IconTrash size={14} />}
              onClick={remove}
            >
              {t("regularization.remove")}
            </Button>
          )}
        </Group>
      </Group>
      {uploads.length > 0 && <UploadList uploads={uploads} onClear={clear} />}
      <Divider label={t("regularization.or")} />
    </Stack>
  );
}
