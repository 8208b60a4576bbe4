import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useSpeech } from "@/i18n";

interface Props {
  id: string;
  /** What the list is called. */
  label: string;
  add?: string;
  value: unknown;
  most?: number;
  onChange: (value: string[]) => void;
}

/** Texts, each in a line of its own. */
export function ListControl({ id, label, add, value, most = Infinity, onChange }: Props) {
  const { t } = useSpeech();
  const texts = Array.isArray(value) ? value.map(String) : [];
  return (
    <Stack gap="xs" role="group" aria-labelledby={`${id}-label`}>
      {texts.map((text, index) => (
        <Group key={index} wrap="nowrap" gap="xs">
          <TextInput
            style={{ flex: 1 }}
            autoFocus={text === ""}
            aria-label={`${label} ${index + 1}`}
            value={text}
            onChange={(event) => {
              const written = event.currentTarget.value;
              onChange(texts.map((one, place) => (place === index ? written : one)));
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("setting.remove", { name: label, number: index + 1 })}
            onClick={() => onChange(texts.filter((_, place) => place !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      {texts.length < most && (
        <Button
          id={id}
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          style={{ alignSelf: "start" }}
          onClick={() => onChange([...texts, ""])}
        >
          {add ?? t("setting.add")}
        </Button>
      )}
    </Stack>
  );
}
