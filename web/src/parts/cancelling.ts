import type { Schemas } from "@/api/client";
import { useJobActions } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { useQuestion } from "./question";

/** End a job; asks first where what it has done would be lost. A drawing keeps its pictures, what waits has done nothing. */
export function useCancel() {
  const { t } = useSpeech();
  const { cancel } = useJobActions();
  const ask = useQuestion();
  return (job: Schemas["JobShape"]) => {
    const end = () => cancel.mutate(job.id);
    if (job.state === "queued" || job.kind === "draw") return end();
    const text = t(job.kind === "train" ? "job.cancelTraining" : "job.cancelOther");
    ask({ title: t("job.cancel"), text, yes: t("job.cancelYes") }, end);
  };
}
