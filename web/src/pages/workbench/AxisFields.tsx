import { Card, MultiSelect, Select, SimpleGrid, Stack, TagsInput, TextInput } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { type AxisForm, type Form, KINDS, type Kind, SAMPLERS, SIDES, type Side, hasLayer, isNumeric } from "./form";
import { fileLabel } from "./labels";
import { readNumbers } from "./numbers";
import { alike, ownerOf } from "./stacking";

interface Props {
  form: Form;
  adapters: Schemas["AdapterShape"][];
  onChange: (change: Partial<Form>) => void;
  wrong: (field: string) => string | undefined;
}

/** Usual values to begin with. */
const USUAL: Partial<Record<Kind, string>> = {
  weight: "0, 0.4, 0.6, 0.8, 1",
  strength: "0, 0.5, 1",
  seed: "1-4",
  steps: "10, 20, 30",
  cfg: "4, 7, 10",
  clip_skip: "1, 2",
};

/** The three axes of a grid. */
export function AxisFields({ form, adapters, onChange, wrong }: Props) {
  const set = (side: Side, axis: AxisForm | null) => onChange({ axes: { ...form.axes, [side]: axis } });
  return (
    <Stack gap="xs">
      {SIDES.map((side) => (
        <AxisCard
          key={side}
          side={side}
          form={form}
          adapters={adapters}
          error={wrong(side)}
          onChange={(axis) => set(side, axis)}
        />
      ))}
    </Stack>
  );
}

interface CardProps extends Pick<Props, "form" | "adapters"> {
  side: Side;
  error: string | undefined;
  onChange: (axis: AxisForm | null) => void;
}

function AxisCard({ side, form, adapters, error, onChange }: CardProps) {
  const { t } = useSpeech();
  const axis = form.axes[side];
  const files = (layer: number) => ownerOf(adapters, form.stack[layer]?.file ?? "")?.adapter.files ?? [];
  const begin = (kind: Kind): AxisForm => ({
    kind,
    layer: 0,
    search: "",
    text: USUAL[kind] ?? "",
    items: kind === "checkpoint" ? files(0).map((one) => one.file) : [],
  });
  const layers = form.stack.map((layer, place) => ({
    value: String(place),
    label: `${place + 1}. ${ownerOf(adapters, layer.file)?.adapter.name ?? "?"}`,
  }));
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <SimpleGrid cols={axis && hasLayer(axis.kind) ? 2 : 1} spacing="xs">
          <Select
            label={t(`workbench.axis.${side}`)}
            allowDeselect={false}
            data={[
              { value: "", label: t("workbench.kind.none") },
              ...KINDS.map((kind) => ({
                value: kind as string,
                label: t(`workbench.kind.${kind}`),
                disabled: form.stack.length === 0 && (hasLayer(kind) || kind === "strength"),
              })),
            ]}
            value={axis?.kind ?? ""}
            error={axis === null ? error : undefined}
            onChange={(kind) => onChange(kind ? begin(kind as Kind) : null)}
          />
          {axis && hasLayer(axis.kind) && (
            <Select
              label={t("workbench.of")}
              allowDeselect={false}
              data={layers}
              value={String(axis.layer)}
              onChange={(value) => {
                const layer = Number(value);
                onChange({ ...axis, layer, items: files(layer).map((one) => one.file) });
              }}
            />
          )}
        </SimpleGrid>
        {axis && (
          <Values
            axis={axis}
            error={error}
            groups={alike(adapters, form.stack[axis.layer]?.file ?? "")}
            onChange={onChange}
          />
        )}
      </Stack>
    </Card>
  );
}

interface ValuesProps {
  axis: AxisForm;
  error: string | undefined;
  /** What may stand in the place of the LoRA: its own files first, then those of others for the same bases. */
  groups: Schemas["AdapterShape"][];
  onChange: (axis: AxisForm) => void;
}

function Values({ axis, error, groups, onChange }: ValuesProps) {
  const { t } = useSpeech();
  if (isNumeric(axis.kind))
    return (
      <TextInput
        label={t("workbench.values")}
        description={t("workbench.numbersHint")}
        value={axis.text}
        error={readNumbers(axis.text) === null ? t("workbench.numbersWrong") : error}
        onChange={(event) => onChange({ ...axis, text: event.currentTarget.value })}
      />
    );
  const items = (values: string[]) => onChange({ ...axis, items: values });
  if (axis.kind === "prompt")
    return (
      <>
        <TextInput
          label={t("workbench.search")}
          description={t("workbench.searchHint")}
          value={axis.search}
          error={error}
          onChange={(event) => onChange({ ...axis, search: event.currentTarget.value })}
          onBlur={() => axis.search && axis.items.length === 0 && items([axis.search])}
        />
        <TagsInput
          label={t("workbench.by")}
          description={t("workbench.byHint")}
          splitChars={[]}
          acceptValueOnBlur
          value={axis.items}
          onChange={items}
        />
      </>
    );
  const sampler = axis.kind === "sampler";
  // Mantine has no option with an empty value: what leaves the LoRA out is called by a dash here.
  const data = sampler
    ? SAMPLERS.map((name) => ({ value: name as string, label: name as string }))
    : [
        { value: NOTHING, label: t("workbench.without") },
        ...groups.map(({ name, files }) => ({
          group: name,
          items: files.map((one) => ({ value: one.file, label: `${fileLabel(one, t)} · ${name}` })),
        })),
      ];
  return (
    <MultiSelect
      label={t(sampler ? "workbench.values" : "workbench.files")}
      data={data}
      value={axis.items.map((one) => one || NOTHING)}
      error={error}
      onChange={(values) => items(values.map((one) => (one === NOTHING ? "" : one)))}
      searchable
      clearable
    />
  );
}

const NOTHING = "-";
