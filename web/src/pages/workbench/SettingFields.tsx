import { ActionIcon, Autocomplete, Group, NumberInput, Select, SimpleGrid, Tooltip } from "@mantine/core";
import { IconDice5 } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { type Form, SAMPLERS } from "./form";

interface Props {
  form: Form;
  bases: Schemas["BaseShape"][];
  onChange: (change: Partial<Form>) => void;
  wrong: (field: string) => string | undefined;
}

/** Base, size, sampler, steps, guidance, seed. */
export function SettingFields({ form, bases, onChange, wrong }: Props) {
  const { t } = useSpeech();
  const base = bases.find((one) => one.id === form.base);
  const native = base ? `${base.native_px}x${base.native_px}` : "";
  const number = (name: "steps" | "cfg" | "clipSkip", key: string, limits: [number, number, number?]) => (
    <NumberInput
      label={t(`workbench.${name}`)}
      min={limits[0]}
      max={limits[1]}
      step={limits[2] ?? 1}
      allowDecimal={limits[2] !== undefined}
      value={form[name]}
      error={wrong(key)}
      onChange={(value) => typeof value === "number" && onChange({ [name]: value })}
    />
  );
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Select
          label={t("workbench.base")}
          allowDeselect={false}
          data={bases.map((one) => ({ value: one.id, label: one.name }))}
          value={form.base}
          error={wrong("base")}
          onChange={(value) => value && onChange({ base: value, size: "", clipSkip: 1 })}
        />
        <Autocomplete
          label={t("workbench.size")}
          placeholder={native}
          data={[...new Set([native, ...(base?.sizes ?? [])])].filter(Boolean)}
          value={form.size}
          error={wrong("size")}
          onChange={(size) => onChange({ size: size.trim().replace(/[×*]/, "x") })}
          filter={({ options }) => options}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Select
          label={t("workbench.sampler")}
          allowDeselect={false}
          data={SAMPLERS}
          value={form.sampler}
          error={wrong("sampler")}
          onChange={(value) => value && onChange({ sampler: value as Form["sampler"] })}
        />
        <Seed seed={form.seed} error={wrong("seed")} onChange={(seed) => onChange({ seed })} />
      </SimpleGrid>
      <SimpleGrid cols={3} spacing="sm">
        {number("steps", "steps", [1, 1000])}
        {number("cfg", "cfg", [0, 100, 0.5])}
        {number("clipSkip", "clip_skip", [1, base?.clip_skips ?? 12])}
      </SimpleGrid>
    </>
  );
}

interface SeedProps {
  seed: number | null;
  error: string | undefined;
  onChange: (seed: number | null) => void;
}

/** A seed, or another one each time. */
function Seed({ seed, error, onChange }: SeedProps) {
  const { t } = useSpeech();
  return (
    <Group gap={6} align="end" wrap="nowrap">
      <NumberInput
        style={{ flex: 1 }}
        label={t("workbench.seed")}
        placeholder={t("workbench.seedRandom")}
        min={0}
        max={Number.MAX_SAFE_INTEGER}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        value={seed ?? ""}
        error={error}
        onChange={(value) => onChange(typeof value === "number" ? value : null)}
      />
      <Tooltip label={t("workbench.seedDice")}>
        <ActionIcon
          size={36}
          variant={seed === null ? "light" : "default"}
          aria-label={t("workbench.seedDice")}
          aria-pressed={seed === null}
          onClick={() => onChange(null)}
        >
          <IconDice5 size={18} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
