import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useSpeech } from "@/i18n";

interface Props {
  title: string;
  /** What the button that does it says. */
  action: string;
  disabled?: boolean;
  loading?: boolean;
  size?: string;
  onClose: () => void;
  onConfirm: () => void;
  children: ReactNode;
}

/** A question with fields and one thing to do; Enter does it, Esc closes it. */
export function Dialog({ title, action, disabled, loading, size, onClose, onConfirm, children }: Props) {
  const { t } = useSpeech();
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ "aria-label": t("common.close") }}
      title={title}
      size={size ?? "md"}
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <Stack>
          {children}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button data-autofocus type="submit" disabled={disabled} loading={loading}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
