import { Button, Group, Menu, Stack, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import type { Form, Layer } from "./form";
import { LayerRow } from "./LayerRow";
import { layerOf, ownerOf } from "./stacking";

interface Props {
  form: Form;
  adapters: Schemas["AdapterShape"][];
  onChange: (change: Partial<Form>) => void;
  wrong: (field: string) => string | undefined;
}

/** The LoRAs on the base, each with its weight. */
export function StackFields({ form, adapters, onChange, wrong }: Props) {
  const { t } = useSpeech();
  const change = (place: number, to: Partial<Layer>) =>
    onChange({ stack: form.stack.map((one, index) => (index === place ? { ...one, ...to } : one)) });
  const remove = (place: number) => onChange({ stack: form.stack.filter((_, index) => index !== place) });
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="center">
        <Title order={2} size="h5">
          {t("workbench.stack")}
        </Title>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="default" leftSection={<IconPlus size={14} />}>
              {t("workbench.add")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
            {adapters.length === 0 && <Menu.Item disabled>{t("workbench.addNone")}</Menu.Item>}
            {adapters.map((adapter) => (
              <Menu.Item
                key={`${adapter.kind}:${adapter.id}`}
                onClick={() => onChange({ stack: [...form.stack, layerOf(adapter)] })}
              >
                {adapter.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      <Text size="xs" c="dimmed">
        {t(form.stack.length > 0 ? "workbench.stackHint" : "workbench.stackEmpty")}
      </Text>
      {form.stack.map((layer, place) => (
        <LayerRow
          key={place}
          layer={layer}
          owner={ownerOf(adapters, layer.file)}
          base={form.base}
          error={wrong(`adapters.${form.stack.slice(0, place).filter((one) => one.on).length}`)}
          onChange={(to) => change(place, to)}
          onRemove={() => remove(place)}
        />
      ))}
    </Stack>
  );
}
