import { Card, Group, NumberInput, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { CopyLine } from "@/parts/CopyLine";
import { nodeFor, promptFor } from "./prompts";

/** How a model is called in other programs, at a weight of one's choice. */
export function Usage({ model }: { model: Schemas["ModelDetail"] }) {
  const { t, say } = useSpeech();
  const [weight, setWeight] = useState(0.8);
  const prompt = promptFor(model.file, weight, model.triggers);
  const loads = (name: string) => model.programs[name] !== "refused";
  const prompted = ["A1111", "Forge"].filter(loads).join(", ");
  const lines = [
    ...(prompted
      ? [{ label: t("model.a1111", { programs: prompted }), text: prompt, hint: t("model.a1111Hint") }]
      : []),
    ...(loads("ComfyUI")
      ? [{ label: t("model.comfyNode"), text: nodeFor(model.file, weight), hint: t("model.comfyHint") }]
      : []),
  ];
  if (model.only_for) {
    return (
      <Card withBorder padding="md">
        <Title order={2} size="h5" mb="sm">
          {t("model.use")}
        </Title>
        <Text size="sm">{say(model.only_for)}</Text>
        {model.triggers.length > 0 && <CopyLine text={model.triggers.join(", ")} what={t("model.triggers")} />}
      </Card>
    );
  }
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {t("model.use")}
        </Title>
        <Group gap="xs">
          <Text size="sm" c="dimmed" aria-hidden>
            {t("model.weight")}
          </Text>
          <NumberInput
            aria-label={t("model.weight")}
            size="xs"
            w={84}
            min={-2}
            max={2}
            step={0.05}
            decimalScale={2}
            value={weight}
            onChange={(value) => typeof value === "number" && setWeight(value)}
          />
        </Group>
      </Group>
      <Stack gap="sm">
        {lines.map(({ label, text, hint }) => (
          <div key={label}>
            <Text size="xs" c="dimmed" mb={2}>
              {label}
            </Text>
            <CopyLine text={text} what={label} />
            <Text size="xs" c="dimmed" mt={2}>
              {hint}
            </Text>
          </div>
        ))}
        {model.losses.map((one) => (
          <Text key={one.en} size="sm">
            {say(one)}
          </Text>
        ))}
      </Stack>
    </Card>
  );
}
