import { ActionIcon, Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useSubmit } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { Dialog } from "@/parts/Dialog";
import { AdapterField, BaseField, FileNameField, RankField } from "./fields";

interface Part {
  file: string | null;
  weight: number;
}

const FIRST: Part[] = [
  { file: null, weight: 1 },
  { file: null, weight: 1 },
];

/** Add LoRAs up into one. */
export function MergeDialog({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const submit = useSubmit();
  const [name, setName] = useState("");
  const [parts, setParts] = useState(FIRST);
  const [base, setBase] = useState<string | null>(null);
  const [rank, setRank] = useState<number | "">("");
  const change = (place: number, to: Partial<Part>) =>
    setParts(parts.map((one, index) => (index === place ? { ...one, ...to } : one)));
  const adapters = parts.flatMap((one) => (one.file ? [{ file: one.file, weight: one.weight }] : []));
  return (
    <Dialog
      title={t("tool.merge.do")}
      action={t("tool.merge.act")}
      disabled={!name.trim() || adapters.length < 2 || adapters.length < parts.length}
      loading={submit.isPending}
      onClose={onClose}
      onConfirm={() =>
        submit.mutate({ kind: "merge", name, adapters, base, rank: rank || null }, { onSuccess: onClose })
      }
    >
      <Text size="sm">{t("tool.merge.how")}</Text>
      <Stack gap="xs">
        {parts.map((part, place) => (
          <Group key={place} wrap="nowrap" align="end" gap="xs">
            <div style={{ flex: 1, minWidth: 0 }}>
              <AdapterField value={part.file} onChange={(file) => change(place, { file })} />
            </div>
            <NumberInput
              w={90}
              label={t("tool.weight")}
              min={-10}
              max={10}
              step={0.05}
              decimalScale={3}
              value={part.weight}
              onChange={(weight) => typeof weight === "number" && change(place, { weight })}
            />
            {parts.length > 2 && (
              <ActionIcon
                size="lg"
                variant="subtle"
                color="gray"
                aria-label={t("tool.merge.without")}
                onClick={() => setParts(parts.filter((_, index) => index !== place))}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </Group>
        ))}
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={parts.length >= 20}
          onClick={() => setParts([...parts, { file: null, weight: 1 }])}
        >
          {t("tool.merge.more")}
        </Button>
      </Stack>
      <RankField hint={t("tool.merge.rank")} value={rank} onChange={setRank} />
      <BaseField optional label={t("tool.base")} hint={t("tool.baseHint")} value={base} onChange={setBase} />
      <FileNameField value={name} onChange={setName} />
    </Dialog>
  );
}
