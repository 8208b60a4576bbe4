import { NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { fittingOf } from "../control";
import type { Setting } from "../recipe";
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
  const { t } = useSpeech();
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
    case "list":
      return <ListControl id={id} label={setting.title} most={control.most} value={value} onChange={onChange} />;
    case "table":
      return <TableControl id={id} label={setting.title} value={value} onChange={onChange} />;
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

interface BaseProps {
  id: string;
  value: unknown;
  error: boolean;
  onChange: (value: unknown) => void;
}

function BaseControl({ value, onChange, ...shared }: BaseProps) {
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
