import { ActionIcon, Card, Group, NumberInput, Select, Slider, Switch, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useSpeech } from "@/i18n";
import type { Layer } from "./form";
import { fileLabel } from "./labels";
import type { ownerOf } from "./stacking";

interface Props {
  layer: Layer;
  owner: ReturnType<typeof ownerOf>;
  /** Id of the chosen base. */
  base: string | null | undefined;
  error: string | undefined;
  onChange: (to: Partial<Layer>) => void;
  onRemove: () => void;
}

const REACH = 2;

/** One LoRA of the stack: which epoch of it, how much of it, whether at all. */
export function LayerRow({ layer, owner, base, error, onChange, onRemove }: Props) {
  const { t } = useSpeech();
  const name = owner?.adapter.name ?? "?";
  const foreign = owner && base && !owner.adapter.bases.includes(base);
  const wrong = error ?? (owner === null ? t("workbench.gone") : foreign ? t("workbench.foreign") : undefined);
  return (
    <Card withBorder padding="xs" opacity={layer.on ? 1 : 0.65}>
      <Group wrap="nowrap" gap="xs">
        <Switch
          size="sm"
          checked={layer.on}
          aria-label={t("workbench.on", { name })}
          onChange={(event) => onChange({ on: event.currentTarget.checked })}
        />
        <Text fw={600} truncate style={{ flex: 1, minWidth: 0 }}>
          {name}
        </Text>
        {owner && owner.adapter.files.length > 1 && (
          <Select
            size="xs"
            w={150}
            allowDeselect={false}
            aria-label={t("workbench.file", { name })}
            data={owner.adapter.files.toReversed().map((one) => ({ value: one.file, label: fileLabel(one, t) }))}
            value={layer.file}
            onChange={(file) => file && onChange({ file })}
          />
        )}
        <ActionIcon variant="subtle" color="gray" aria-label={t("workbench.remove", { name })} onClick={onRemove}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
      <Group wrap="nowrap" gap="sm" mt={6}>
        <Slider
          style={{ flex: 1 }}
          size="sm"
          min={-REACH}
          max={REACH}
          step={0.05}
          label={null}
          styles={{ bar: { display: "none" } }}
          thumbLabel={t("workbench.weight", { name })}
          marks={[{ value: -1 }, { value: 0 }, { value: 1 }]}
          value={Math.max(-REACH, Math.min(REACH, layer.weight))}
          onChange={(weight) => onChange({ weight: Number(weight.toFixed(2)) })}
        />
        <NumberInput
          size="xs"
          w={76}
          min={-10}
          max={10}
          step={0.05}
          decimalScale={3}
          aria-label={t("workbench.weight", { name })}
          value={layer.weight}
          onChange={(value) => typeof value === "number" && onChange({ weight: value })}
        />
      </Group>
      {wrong && (
        <Text size="xs" c="red" mt={6} role="alert">
          {wrong}
        </Text>
      )}
    </Card>
  );
}
