import { Button, Group, Textarea } from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import type { Form } from "./form";
import { missingTriggers, withTrigger } from "./stacking";

interface Props {
  form: Form;
  adapters: Schemas["AdapterShape"][];
  onChange: (change: Partial<Form>) => void;
  onDraw: () => void;
  wrong: (field: string) => string | undefined;
}

/** What to draw and what not, with the trigger words of the stack at hand. */
export function PromptFields({ form, adapters, onChange, onDraw, wrong }: Props) {
  const { t } = useSpeech();
  const keys = getHotkeyHandler([["mod+Enter", onDraw]]);
  return (
    <>
      <div>
        <Textarea
          label={t("workbench.prompt")}
          description={t("workbench.promptHint")}
          autosize
          minRows={3}
          maxRows={12}
          value={form.prompt}
          error={wrong("prompt")}
          onChange={(event) => onChange({ prompt: event.currentTarget.value })}
          onKeyDown={keys}
        />
        <Group gap={6} mt={6}>
          {missingTriggers(form, adapters).map((word) => (
            <Button
              key={word}
              size="compact-xs"
              radius="xl"
              variant="light"
              leftSection={<IconPlus size={12} />}
              aria-label={t("workbench.trigger", { word })}
              onClick={() => onChange({ prompt: withTrigger(form.prompt, word) })}
            >
              {word}
            </Button>
          ))}
        </Group>
      </div>
      <Textarea
        label={t("workbench.negative")}
        autosize
        minRows={1}
        maxRows={6}
        value={form.negative}
        error={wrong("negative")}
        onChange={(event) => onChange({ negative: event.currentTarget.value })}
        onKeyDown={keys}
      />
    </>
  );
}
