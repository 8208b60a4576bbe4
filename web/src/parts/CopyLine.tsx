import { ActionIcon, Code, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useSpeech } from "@/i18n";

/** A button that copies a text; `what` says which. */
export function CopyIcon({ text, what }: { text: string; what: string }) {
  const { t } = useSpeech();
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={t(copied ? "model.copied" : "model.copy")}>
          <ActionIcon
            variant="subtle"
            color={copied ? "teal" : "gray"}
            aria-label={copied ? t("model.copied") : t("model.copyWhat", { what })}
            onClick={copy}
          >
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A text as it is to be used elsewhere, with a button that copies it. */
export function CopyLine({ text, what }: { text: string; what: string }) {
  return (
    <Group gap={4} wrap="nowrap" align="start">
      <Code block flex={1} fz="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Code>
      <CopyIcon text={text} what={what} />
    </Group>
  );
}
