import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import type { Schemas } from "@/api/client";
import { useTriggerWarnings } from "@/api/datasets";
import { useSpeech } from "@/i18n";

interface Props {
  dataset: Schemas["DatasetDetail"];
  value: string;
  onChange: (word: string) => void;
}

/** The trigger word, with what is to be said against it while it is typed. */
export function TriggerField({ dataset, value, onChange }: Props) {
  const { t, say } = useSpeech();
  const [word] = useDebouncedValue(value.trim(), 300);
  const learnt = dataset.concepts.filter((one) => !one.regularization);
  const concept = learnt.length === 1 ? (learnt[0]?.name ?? "") : "";
  const warnings = useTriggerWarnings(dataset.id, concept, word).data?.conflicts ?? [];
  return (
    <TextInput
      data-autofocus
      label={t("tagging.trigger")}
      description={t("tagging.triggerHint")}
      error={value.trim() === word && warnings.length > 0 && warnings.map(say).join(" ")}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
