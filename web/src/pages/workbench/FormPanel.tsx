import { Button, Checkbox, NumberInput, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconBrush } from "@tabler/icons-react";
import { useState } from "react";
import { Refused, type Schemas } from "@/api/client";
import { useSubmit } from "@/api/jobs";
import { sentence } from "@/api/queries";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import classes from "./FormPanel.module.css";
import { AxisFields } from "./AxisFields";
import { type Form, MOST_CELLS, countPictures, toDrawing } from "./form";
import { PromptFields } from "./PromptFields";
import { SettingFields } from "./SettingFields";
import { StackFields } from "./StackFields";

interface Props {
  form: Form;
  adapters: Schemas["AdapterShape"][];
  onChange: (change: Partial<Form>) => void;
  /** A drawing of this id was handed in. */
  onDrawn: (id: string) => void;
}

const LARGEST_RANDOM = 2 ** 32;

/** Everything that can be asked for, and the button that draws it. */
export function FormPanel({ form, adapters, onChange, onDrawn }: Props) {
  const { t } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  const submit = useSubmit();
  const [refusal, setRefusal] = useState<unknown>(null);
  const count = countPictures(form);
  const fits = count > 0 && count <= MOST_CELLS;
  const change = (to: Partial<Form>) => {
    setRefusal(null);
    onChange(to);
  };
  const wrong = (field: string) => {
    const about = refusal instanceof Refused ? (refusal.problem?.field ?? "") : "";
    return about === field || about.startsWith(`${field}.`) ? sentence(refusal) : undefined;
  };
  const draw = () =>
    fits &&
    !submit.isPending &&
    submit.mutate(toDrawing(form, Math.floor(Math.random() * LARGEST_RANDOM)), {
      onSuccess: (job) => onDrawn(job.id),
      onError: setRefusal,
    });
  return (
    <Stack gap="md">
      <PromptFields form={form} adapters={adapters} onChange={change} onDraw={draw} wrong={wrong} />
      <StackFields form={form} adapters={adapters} onChange={change} wrong={wrong} />
      <SettingFields form={form} bases={bases} onChange={change} wrong={wrong} />
      <SegmentedControl
        aria-label={t("workbench.mode")}
        data={[
          { value: "plain", label: t("workbench.plain") },
          { value: "grid", label: t("workbench.grid") },
        ]}
        value={form.grid ? "grid" : "plain"}
        onChange={(value) => change({ grid: value === "grid" })}
      />
      {form.grid ? (
        <AxisFields form={form} adapters={adapters} onChange={change} wrong={wrong} />
      ) : (
        <Stack gap="sm">
          <NumberInput
            label={t("workbench.count")}
            min={1}
            max={100}
            allowDecimal={false}
            value={form.count}
            onChange={(value) => typeof value === "number" && change({ count: Math.max(1, value) })}
          />
          {form.stack.length > 0 && (
            <Checkbox
              label={t("workbench.beside")}
              checked={form.beside}
              onChange={(event) => change({ beside: event.currentTarget.checked })}
            />
          )}
        </Stack>
      )}
      <div className={classes.draw}>
        <Button
          fullWidth
          size="lg"
          leftSection={<IconBrush size={20} />}
          disabled={!fits}
          loading={submit.isPending}
          onClick={draw}
        >
          {count > 0 ? t("workbench.drawCount", { count }) : t("workbench.draw")}
        </Button>
      </div>
      {count > MOST_CELLS && (
        <Text size="sm" c="red" role="alert">
          {t("workbench.tooMany", { count, most: MOST_CELLS })}
        </Text>
      )}
    </Stack>
  );
}
