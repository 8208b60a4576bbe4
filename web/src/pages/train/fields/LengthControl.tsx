import { Group, NativeSelect, NumberInput } from "@mantine/core";
import { useSpeech } from "@/i18n";
import { readLength, writeLength } from "../control";

interface Props {
  id: string;
  value: unknown;
  error: boolean;
  onChange: (value: string) => void;
}

/** How long something lasts, or how often it happens: a number of epochs or of steps, or never. */
export function LengthControl({ value, onChange, ...shared }: Props) {
  const { t } = useSpeech();
  const { count, unit } = readLength(value);
  return (
    <Group gap="xs" wrap="nowrap">
      {unit !== "never" && (
        <NumberInput
          {...shared}
          style={{ flex: 1, minWidth: 0 }}
          min={1}
          allowDecimal={false}
          value={count ?? ""}
          onChange={(next) => Number(next) >= 1 && onChange(writeLength(Number(next), unit))}
        />
      )}
      <NativeSelect
        {...(unit === "never" ? shared : { "aria-label": t("setting.unit") })}
        style={{ flex: 1, minWidth: 0 }}
        data={[
          { value: "epochs", label: t("setting.epochs") },
          { value: "steps", label: t("setting.steps") },
          { value: "never", label: t("setting.never") },
        ]}
        value={unit}
        onChange={(event) => onChange(writeLength(count ?? 1, event.currentTarget.value))}
      />
    </Group>
  );
}
