import { Switch } from "@mantine/core";
import { useSpeech } from "@/i18n";
import { useNotifying } from "@/shell/notifying";
import { Section } from "./Section";

/** Whether the browser tells when a job has ended. */
export function Notifying() {
  const { t } = useSpeech();
  const { on, possible, refused, set } = useNotifying();
  return (
    <Section title={t("settings.notify")} hint={t("settings.here")}>
      <Switch
        label={t("settings.notifyEnd")}
        description={refused ? t("settings.notifyRefused") : possible ? undefined : t("settings.notifyImpossible")}
        disabled={!possible || refused}
        checked={on}
        onChange={(event) => set(event.currentTarget.checked)}
      />
    </Section>
  );
}
