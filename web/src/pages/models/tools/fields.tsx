import { NumberInput, Select, TextInput } from "@mantine/core";
import { useAdapters } from "@/api/drawings";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { fileLabel } from "@/pages/workbench/labels";

/** What the new file is called. */
export function FileNameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { t } = useSpeech();
  return (
    <TextInput
      required
      maxLength={100}
      label={t("tool.name")}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** A LoRA among those of runs and models. */
export function AdapterField({ value, onChange }: { value: string | null; onChange: (file: string | null) => void }) {
  const { t } = useSpeech();
  const adapters = useAdapters().data ?? [];
  return (
    <Select
      required
      searchable
      label="LoRA"
      placeholder={t("tool.choose")}
      nothingFoundMessage={t("workbench.addNone")}
      data={adapters.map((one) => ({
        group: one.name,
        items: one.files.toReversed().map((file) => ({
          value: file.file,
          label: one.files.length > 1 ? `${one.name} · ${fileLabel(file, t)}` : one.name,
        })),
      }))}
      value={value}
      onChange={onChange}
    />
  );
}

interface BaseFieldProps {
  label: string;
  hint?: string;
  /** Whether none may be chosen. */
  optional?: boolean;
  value: string | null;
  onChange: (base: string | null) => void;
}

/** A base among those that are here. */
export function BaseField({ label, hint, optional, value, onChange }: BaseFieldProps) {
  const { t } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  return (
    <Select
      required={!optional}
      clearable={optional}
      clearButtonProps={{ "aria-label": t("common.delete") }}
      label={label}
      description={hint}
      placeholder={t("tool.choose")}
      data={bases.map((one) => ({ value: one.id, label: one.name }))}
      value={value}
      onChange={onChange}
    />
  );
}

interface RankFieldProps {
  hint: string;
  required?: boolean;
  value: number | "";
  onChange: (rank: number | "") => void;
}

/** How large the new LoRA is at most. */
export function RankField({ hint, required, value, onChange }: RankFieldProps) {
  const { t } = useSpeech();
  return (
    <NumberInput
      required={required}
      label={t("tool.rankLimit")}
      description={hint}
      min={1}
      max={1024}
      allowDecimal={false}
      value={value}
      onChange={(rank) => onChange(typeof rank === "number" ? rank : "")}
    />
  );
}
