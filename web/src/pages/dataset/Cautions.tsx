import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useCautions } from "@/api/datasets";
import { useBases } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { useKeptDraft } from "@/pages/train/draft";
import { Marked } from "@/parts/Marked";

/** What everybody should read before these pictures are trained: that the base which "Train" takes doesn't know them. */
export function Cautions({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t, say } = useSpeech();
  const bases = useBases().data?.bases ?? [];
  const [draft] = useKeptDraft(dataset.id, "", "");
  const base = (bases.find((one) => one.id === draft.base) ?? bases[0])?.id ?? null;
  const cautions = useCautions(dataset.id, dataset.version, base).data ?? [];
  return cautions.map((one) => (
    <Alert
      key={one.en}
      color="orange"
      p="sm"
      icon={<IconAlertTriangle size={18} />}
      role="alert"
      title={t("train.caution")}
    >
      <Marked>{say(one)}</Marked>
    </Alert>
  ));
}
