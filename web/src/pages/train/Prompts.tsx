import { ActionIcon, Button, Group, Input, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useSpeech } from "@/i18n";

const MOST = 16;

/** The prompts of the previews, one a line. */
export function Prompts({ prompts, onChange }: { prompts: string[]; onChange: (prompts: string[]) => void }) {
  const { t } = useSpeech();
  return (
    <Input.Wrapper label={t("train.prompts")} description={t("train.promptsHint")}>
      <Stack gap="xs" mt={6}>
        {prompts.map((prompt, index) => (
          <Group key={index} wrap="nowrap" gap="xs">
            <TextInput
              style={{ flex: 1 }}
              autoFocus={prompt === ""}
              aria-label={`${t("train.prompts")} ${index + 1}`}
              value={prompt}
              onChange={(event) =>
                onChange(prompts.map((one, place) => (place === index ? event.currentTarget.value : one)))
              }
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("train.promptRemove")}
              onClick={() => onChange(prompts.filter((_, place) => place !== index))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        {prompts.length < MOST && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            style={{ alignSelf: "start" }}
            onClick={() => onChange([...prompts, ""])}
          >
            {t("train.promptAdd")}
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  );
}
