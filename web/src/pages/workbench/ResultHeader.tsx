import { Alert, Button, Group, Menu, Progress, Stack, Text } from "@mantine/core";
import { IconPhotoDown, IconPlayerPlay, IconTrash, IconWand, IconX } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { sheetUrl, useDeleteDrawing } from "@/api/drawings";
import { useJobActions } from "@/api/jobs";
import { isOpen } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { MoreMenu } from "@/parts/MoreMenu";
import { duration } from "@/parts/format";
import { StateBadge } from "@/parts/StateBadge";
import { useQuestion } from "@/parts/question";

interface Props {
  drawing: Schemas["DrawingShape"];
  onReuse: () => void;
  onDeleted: () => void;
}

/** How far a drawing is, and what can be done with it. */
export function ResultHeader({ drawing, onReuse, onDeleted }: Props) {
  const { t, say, language } = useSpeech();
  const { job } = drawing;
  const { cancel, retry } = useJobActions();
  const remove = useDeleteDrawing();
  const open = isOpen(job);
  const progress = job.progress ?? { done: drawing.drawn, total: drawing.total };
  const ask = useQuestion();
  const askToDelete = () =>
    ask({ title: t("workbench.delete"), text: t("workbench.deleteSure") }, () =>
      remove.mutate(drawing.id, { onSuccess: onDeleted }),
    );
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <StateBadge state={job.state} />
          <Text size="sm" c="dimmed" role="status">
            {t("workbench.progress", { done: drawing.drawn, total: drawing.total })}
            {open && job.expected_seconds
              ? ` · ${t("job.takes", { time: duration(job.expected_seconds, language) })}`
              : ""}
          </Text>
        </Group>
        <Group gap="xs">
          {job.can_cancel && (
            <Button
              size="xs"
              variant="light"
              leftSection={<IconX size={14} />}
              loading={cancel.isPending}
              onClick={() => cancel.mutate(job.id)}
            >
              {t("workbench.cancel")}
            </Button>
          )}
          {job.can_retry && (
            <Button
              size="xs"
              leftSection={<IconPlayerPlay size={14} />}
              loading={retry.isPending}
              onClick={() => retry.mutate(job.id)}
            >
              {t("workbench.rest")}
            </Button>
          )}
          <Button size="xs" variant="default" leftSection={<IconWand size={14} />} onClick={onReuse}>
            {t("workbench.reuse")}
          </Button>
          <MoreMenu size={30}>
            {drawing.drawn > 0 && (
              <Menu.Item component="a" href={sheetUrl(drawing, language)} leftSection={<IconPhotoDown size={16} />}>
                {t("workbench.sheet")}
              </Menu.Item>
            )}
            <Menu.Item color="red" disabled={open} leftSection={<IconTrash size={16} />} onClick={askToDelete}>
              {t("workbench.delete")}
            </Menu.Item>
          </MoreMenu>
        </Group>
      </Group>
      {open && (
        <Progress
          size="sm"
          animated={job.state !== "queued"}
          value={progress.total > 0 ? (progress.done / progress.total) * 100 : 0}
          aria-label={t(`job.state.${job.state}`)}
        />
      )}
      {job.error && (
        <Alert color={job.state === "interrupted" ? "orange" : "red"} p="xs">
          {say(job.error)}
        </Alert>
      )}
    </Stack>
  );
}
