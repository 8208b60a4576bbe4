import { NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { useAdapters } from "@/api/drawings";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { fittingOf } from "../control";
import type { Setting } from "../recipe";
import { nameOfReference, referencesOf } from "../starts";
import { LengthControl } from "./LengthControl";
import { ListControl } from "./ListControl";
import { NumberControl } from "./NumberControl";
import { TableControl } from "./TableControl";

export interface ControlProps {
  id: string;
  setting: Setting;
  value: unknown;
  invalid: boolean;
  onChange: (value: unknown) => void;
}

/** What a setting is set by: the control that suits its JSON schema. */
export function Control({ id, setting, value, invalid, onChange }: ControlProps) {
  const { t, say } = useSpeech();
  const { control, nullable } = fittingOf(setting.schema);
  const shared = { id, error: invalid, "aria-describedby": `${id}-help` };
  const placeholder = nullable ? t("setting.empty") : undefined;
  switch (control.type) {
    case "switch":
      return (
        <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      );
    case "choice":
      return (
        <NativeSelect
          {...shared}
          data={[...(nullable ? [""] : []), ...control.options.map(String)]}
          value={String(value ?? "")}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            onChange(control.options.find((one) => String(one) === chosen) ?? null);
          }}
        />
      );
    case "number":
      return control.whole ? (
        <NumberInput
          {...shared}
          min={control.least}
          max={control.most}
          clampBehavior="none"
          allowDecimal={false}
          placeholder={placeholder}
          value={typeof value === "number" || typeof value === "string" ? value : ""}
          onChange={(next) => onChange(next === "" ? null : next)}
        />
      ) : (
        <NumberControl {...shared} value={value} placeholder={placeholder} onChange={onChange} />
      );
    case "length":
      return <LengthControl {...shared} value={value} onChange={onChange} />;
    case "base":
      return <BaseControl {...shared} value={value} onChange={onChange} />;
    case "adapter":
      return <AdapterControl {...shared} value={value} onChange={onChange} />;
    case "list":
      return <ListControl id={id} label={say(setting.label)} most={control.most} value={value} onChange={onChange} />;
    case "table":
      return <TableControl id={id} label={say(setting.label)} value={value} onChange={onChange} />;
    case "text":
      return (
        <TextInput
          {...shared}
          placeholder={placeholder}
          value={String(value ?? "")}
          onChange={(event) => onChange(event.currentTarget.value || (nullable ? null : ""))}
        />
      );
  }
}

interface ChoiceProps {
  id: string;
  value: unknown;
  error: boolean;
  onChange: (value: unknown) => void;
}

function BaseControl({ value, onChange, ...shared }: ChoiceProps) {
  const bases = useBases().data?.bases ?? [];
  const known = bases.some((one) => one.id === value);
  const data = bases.map((one) => ({ value: one.id, label: one.name }));
  return (
    <NativeSelect
      {...shared}
      data={known ? data : [{ value: String(value), label: String(value).split(/[\\/]/).pop() ?? "" }, ...data]}
      value={String(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** An adapter file to go on from: those of trainings and models here, or none. */
function AdapterControl({ value, onChange, ...shared }: ChoiceProps) {
  const { t } = useSpeech();
  const data = referencesOf(useAdapters().data ?? []);
  const given = typeof value === "string" && value !== "" && !data.some((one) => one.value === value) ? value : null;
  return (
    <NativeSelect
      {...shared}
      data={[
        { value: "", label: t("setting.afresh") },
        ...(given === null ? [] : [{ value: given, label: nameOfReference(given, []) }]),
        ...data,
      ]}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => onChange(event.currentTarget.value || null)}
    />
  );
}
