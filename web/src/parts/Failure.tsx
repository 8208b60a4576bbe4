import { Alert, Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { sentence } from "@/api/queries";
import { useSpeech } from "@/i18n";

/** What stands where something couldn't be loaded. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useSpeech();
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t("problem.title")}>
      {sentence(error)}
      {onRetry && (
        <Button size="xs" variant="default" mt="sm" display="block" onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
    </Alert>
  );
}
