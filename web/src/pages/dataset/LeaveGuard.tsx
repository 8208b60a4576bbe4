import { Button, Group, Modal, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useSpeech } from "@/i18n";

/** Asks before the page is left while files are on their way. */
export function LeaveGuard({ going }: { going: boolean }) {
  const { t } = useSpeech();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => going && current.pathname !== next.pathname,
    enableBeforeUnload: going,
    withResolver: true,
  });
  return (
    <Modal
      opened={status === "blocked"}
      onClose={() => reset?.()}
      title={t("upload.leave")}
      closeButtonProps={{ "aria-label": t("common.close") }}
      centered
    >
      <Text mb="md">{t("upload.leaveHint")}</Text>
      <Group justify="end">
        <Button variant="default" onClick={() => proceed?.()}>
          {t("upload.leaveAnyway")}
        </Button>
        <Button data-autofocus onClick={() => reset?.()}>
          {t("upload.stay")}
        </Button>
      </Group>
    </Modal>
  );
}
