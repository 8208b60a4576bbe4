import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useSpeech } from "@/i18n";
import { isTable, same } from "../recipe";
import { NumberControl } from "./NumberControl";

type Row = [pattern: string, value: unknown];

interface Props {
  id: string;
  label: string;
  value: unknown;
  onChange: (value: Record<string, unknown>) => void;
}

/** Numbers by pattern. A row without a pattern waits for one. */
export function TableControl({ id, label, value, onChange }: Props) {
  const { t } = useSpeech();
  const [rows, setRows] = useState<Row[]>(() => rowsOf(value));
  const [seen, setSeen] = useState(value);
  if (!same(seen, value)) {
    setSeen(value);
    if (!same(tableOf(rows), value)) setRows(rowsOf(value)); // it was changed elsewhere
  }
  const change = (next: Row[]) => {
    setRows(next);
    onChange(tableOf(next));
  };
  const put = (index: number, row: Row) => change(rows.map((one, place) => (place === index ? row : one)));
  return (
    <Stack gap="xs" role="group" aria-labelledby={`${id}-label`}>
      {rows.map(([pattern, number], index) => (
        <Group key={index} wrap="nowrap" gap="xs">
          <TextInput
            style={{ flex: 2, minWidth: 0 }}
            placeholder="*_mid_block_*"
            aria-label={t("setting.pattern", { name: label, number: index + 1 })}
            value={pattern}
            onChange={(event) => put(index, [event.currentTarget.value, number])}
          />
          <div style={{ flex: 1, minWidth: 0 }}>
            <NumberControl
              aria-label={`${label} ${index + 1}`}
              value={number}
              onChange={(next) => put(index, [pattern, next])}
            />
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("setting.remove", { name: label, number: index + 1 })}
            onClick={() => change(rows.filter((_, place) => place !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        id={id}
        size="xs"
        variant="default"
        leftSection={<IconPlus size={14} />}
        style={{ alignSelf: "start" }}
        onClick={() => setRows([...rows, ["", 1]])}
      >
        {t("setting.add")}
      </Button>
    </Stack>
  );
}

const rowsOf = (value: unknown): Row[] => (isTable(value) ? Object.entries(value) : []);

const tableOf = (rows: Row[]) => Object.fromEntries(rows.filter(([pattern]) => pattern.trim() !== ""));
