import { modals } from "@mantine/modals";
import { useSpeech } from "@/i18n";

interface Question {
  title: string;
  text: string;
  /** What the button says that does it; the title if left out. */
  yes?: string;
  /** Whether something is lost by it. */
  loses?: boolean;
}

/** Ask whether something is meant before it is done. */
export function useQuestion() {
  const { t } = useSpeech();
  return ({ title, text, yes = title, loses = true }: Question, onYes: () => void) =>
    modals.openConfirmModal({
      title,
      children: text,
      labels: { confirm: yes, cancel: t("common.cancel") },
      confirmProps: loses ? { color: "red.9" } : {},
      onConfirm: onYes,
    });
}
