import type { Translate } from "@/i18n";

/** What a place of a training is called: the base (no epoch), an epoch's end, or a step within it. */
export function placeName(t: Translate, epoch: number | null, step: number | null): string {
  if (epoch === null) return t("run.base");
  return step === null ? t("run.epochN", { epoch }) : t("run.stepN", { epoch, step });
}
