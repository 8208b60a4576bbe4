import { ActionIcon, Group, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { redo, undo, useChange, useHistory } from "@/api/datasets";
import { useSpeech } from "@/i18n";

/** Take the last change of a dataset back, or do it again; Ctrl+Z and Ctrl+Shift+Z. */
export function UndoButtons({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t, say } = useSpeech();
  const change = useChange(dataset.id);
  const history = useHistory(dataset.id);
  const last = history.data?.changes.at(-1);
  const back = () => dataset.can_undo && change.mutate({ call: (version) => undo(dataset.id, version) });
  const again = () => dataset.can_redo && change.mutate({ call: (version) => redo(dataset.id, version) });
  useHotkeys([
    ["mod+Z", back],
    ["mod+shift+Z", again],
    ["mod+Y", again],
  ]);
  return (
    <Group gap={4}>
      <Tooltip label={last ? t("dataset.undoOf", { what: say(last.title) }) : t("dataset.undo")} multiline maw={320}>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={t("dataset.undo")}
          disabled={!dataset.can_undo || dataset.busy}
          onClick={back}
        >
          <IconArrowBackUp size={18} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("dataset.redo")}>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={t("dataset.redo")}
          disabled={!dataset.can_redo || dataset.busy}
          onClick={again}
        >
          <IconArrowForwardUp size={18} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
