import { Alert, Group, SegmentedControl, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { editTags, useChange, useTagPreview } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";
import { Failure } from "@/parts/Failure";
import { TagDifference } from "@/parts/TagDifference";
import { splitTags } from "@/parts/tags";

const SHOWN = 30;

type Operation = Schemas["TagEdit"]["operations"][number];
type Kind = "add" | "delete" | "replace";

interface Props {
  dataset: Schemas["DatasetDetail"];
  /** None are all. */
  pictures: string[];
  onClose: () => void;
}

/** Add, delete or replace tags of many pictures; what would change is shown first. */
export function TagEditDialog({ dataset, pictures, onClose }: Props) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const [kind, setKind] = useState<Kind>("add");
  const [end, setEnd] = useState<"head" | "tail">("tail");
  const [words, setWords] = useState("");
  const [by, setBy] = useState("");
  const operation = useMemo(() => operationOf(kind, words, by, end), [kind, words, by, end]);
  const [asked] = useDebouncedValue(operation, 300);
  const edit = (one: Operation) => ({ operations: [one], pictures, trigger_too: false });
  const preview = useTagPreview(dataset.id, dataset.version, asked && edit(asked));
  const captions = asked && preview.data ? preview.data.captions : [];
  return (
    <Dialog
      size="lg"
      title={`${t("batch.change")} · ${t("batch.for", { count: pictures.length || dataset.pictures })}`}
      action={t("common.apply")}
      disabled={!operation || captions.length === 0}
      loading={change.isPending}
      onClose={onClose}
      onConfirm={() =>
        operation &&
        change.mutate({ call: (version) => editTags(dataset.id, version, edit(operation)) }, { onSuccess: onClose })
      }
    >
      <SegmentedControl
        fullWidth
        value={kind}
        onChange={(value) => setKind(value as Kind)}
        data={[
          { value: "add", label: t("batch.addTags") },
          { value: "delete", label: t("batch.deleteTag") },
          { value: "replace", label: t("batch.replaceTag") },
        ]}
      />
      <TextInput
        data-autofocus
        label={t(kind === "add" ? "batch.tags" : kind === "delete" ? "batch.tagsGone" : "batch.from")}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      {kind === "replace" && (
        <TextInput label={t("batch.to")} value={by} onChange={(event) => setBy(event.currentTarget.value)} />
      )}
      {kind === "add" && (
        <SegmentedControl
          aria-label={t("batch.where")}
          value={end}
          onChange={(value) => setEnd(value as typeof end)}
          data={[
            { value: "head", label: t("batch.head") },
            { value: "tail", label: t("batch.tail") },
          ]}
        />
      )}
      {asked && (
        <Stack gap={6}>
          <Group justify="space-between">
            <Text fw={600}>{t("batch.preview")}</Text>
            {preview.data && (
              <Text size="sm" c="dimmed">
                {captions.length ? t("batch.changed", { count: captions.length }) : ""}
              </Text>
            )}
          </Group>
          {preview.error && <Failure error={preview.error} />}
          {preview.isLoading && <Skeleton h={60} />}
          {preview.data && captions.length === 0 && <Alert color="gray">{t("batch.nochange")}</Alert>}
          <Stack gap={4} mah={280} style={{ overflowY: "auto" }}>
            {captions.slice(0, SHOWN).map((one) => (
              <TagDifference key={one.picture} name={one.picture} before={one.before ?? ""} after={one.after} />
            ))}
          </Stack>
          {captions.length > SHOWN && (
            <Text size="sm" c="dimmed">
              {t("batch.andMore", { count: captions.length - SHOWN })}
            </Text>
          )}
        </Stack>
      )}
    </Dialog>
  );
}

function operationOf(kind: Kind, words: string, by: string, end: "head" | "tail"): Operation | null {
  const tags = splitTags(words);
  const [first] = tags;
  if (!first) return null;
  if (kind === "add") return { kind, tags, end };
  if (kind === "delete") return { kind, tags };
  return { kind, tag: first, by: splitTags(by) };
}
