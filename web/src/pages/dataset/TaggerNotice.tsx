import { Alert, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { Marked } from "@/parts/Marked";

interface Props {
  tagger: Schemas["TaggerShape"] | undefined;
  /** Why its tags can't be trusted for these pictures. */
  caution: Schemas["Said"] | null;
}

/** Which tagger works and what it knows; a warning where it doesn't know the pictures. */
export function TaggerNotice({ tagger, caution }: Props) {
  const { t, say } = useSpeech();
  if (!tagger) return null;
  return (
    <>
      <Text size="sm" c="dimmed">
        {t("tagging.knows", { name: tagger.name, knows: say(tagger.knows) })}{" "}
        {tagger.embedded && !caution && t("tagging.another")}
      </Text>
      {caution && (
        <Alert color="orange" p="sm" icon={<IconAlertTriangle size={18} />} role="alert">
          <Marked>{say(caution)}</Marked> {tagger.embedded && t("tagging.addFolder")}
        </Alert>
      )}
    </>
  );
}
