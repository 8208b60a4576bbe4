import { Anchor, Button, Group, Menu, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconCamera,
  IconColumns,
  IconDeviceFloppy,
  IconFileText,
  IconPlayerPlay,
  IconPlayerPause,
  IconRepeat,
  IconTrash,
  IconX,
} from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useDataset } from "@/api/datasets";
import { useJobActions } from "@/api/jobs";
import { isOpen, useRunActions } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { MoreMenu } from "@/parts/MoreMenu";
import { StateBadge } from "@/parts/StateBadge";
import { clock } from "@/parts/format";
import { useCancel } from "@/parts/cancelling";
import { useQuestion } from "@/parts/question";
import { Extend } from "./Extend";

/** What a training is called, and what can be done with it now. */
export function RunHeader({ run }: { run: Schemas["RunDetail"] }) {
  const { t, say, language } = useSpeech();
  const { job } = run;
  const navigate = useNavigate();
  const { stop, retry, accept } = useJobActions();
  const cancel = useCancel();
  const { save, preview, remove } = useRunActions(run.id);
  const told = { onSuccess: (asked: Schemas["Asked"]) => notifications.show({ message: say(asked.text) }) };
  const ask = useQuestion();
  return (
    <Group justify="space-between">
      <div>
        <Group gap="sm">
          <Title order={1} size="h2">
            {run.name}
          </Title>
          <StateBadge state={job.state} />
        </Group>
        <Text size="sm" c="dimmed">
          {run.dataset_id && <DatasetLink id={run.dataset_id} />}
          {job.started_at !== null && ` · ${t("job.started", { time: clock(job.started_at, language) })}`}
          {[run.base, run.device, run.precision].filter(Boolean).map((part) => ` · ${part}`)}
        </Text>
      </div>
      <Group gap="xs">
        {job.state === "running" && (
          <>
            <Button
              size="sm"
              variant="default"
              leftSection={<IconDeviceFloppy size={16} />}
              onClick={() => save.mutate(undefined, told)}
            >
              {t("run.saveNow")}
            </Button>
            <Button
              size="sm"
              variant="default"
              leftSection={<IconCamera size={16} />}
              onClick={() => preview.mutate(undefined, told)}
            >
              {t("run.previewNow")}
            </Button>
          </>
        )}
        {job.can_stop && (
          <Button
            size="sm"
            variant="light"
            leftSection={<IconPlayerPause size={16} />}
            onClick={() =>
              ask({ title: t("run.stop"), text: t("run.stopSure"), loses: false }, () => stop.mutate(job.id))
            }
          >
            {t("run.stop")}
          </Button>
        )}
        {job.can_retry && (
          <Button
            size="sm"
            leftSection={<IconPlayerPlay size={16} />}
            loading={retry.isPending}
            onClick={() => retry.mutate(job.id)}
          >
            {t("run.resume")}
          </Button>
        )}
        {!isOpen(job) && run.checkpoints > 0 && <Extend run={run} />}
        {run.dataset_id && (
          <Button
            size="sm"
            variant="default"
            leftSection={<IconRepeat size={16} />}
            onClick={() =>
              void navigate({ to: "/train", search: { dataset: run.dataset_id ?? undefined, run: run.id } })
            }
          >
            {t("run.again")}
          </Button>
        )}
        <MoreMenu>
          <Menu.Item
            leftSection={<IconColumns size={16} />}
            renderRoot={(props) => <Link to="/compare" search={{ runs: run.id }} {...props} />}
          >
            {t("run.compare")}
          </Menu.Item>
          {run.has_report && (
            <Menu.Item
              leftSection={<IconFileText size={16} />}
              component="a"
              href={`/api/runs/${run.id}/files/report.html`}
              target="_blank"
            >
              {t("run.report")}
            </Menu.Item>
          )}
          {job.can_retry && run.checkpoints > 0 && (
            <Menu.Item
              leftSection={<IconPlayerPlay size={16} />}
              onClick={() =>
                ask({ title: t("run.accept"), text: t("run.acceptSure"), loses: false }, () => accept.mutate(job.id))
              }
            >
              {t("run.accept")}
            </Menu.Item>
          )}
          {job.can_cancel && (
            <Menu.Item leftSection={<IconX size={16} />} onClick={() => cancel(job)}>
              {t("job.cancel")}
            </Menu.Item>
          )}
          {!isOpen(job) && (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} />}
              onClick={() =>
                ask({ title: t("run.delete"), text: t("run.deleteSure", { name: run.name }) }, () =>
                  remove.mutate(undefined, { onSuccess: () => void navigate({ to: "/" }) }),
                )
              }
            >
              {t("run.delete")}
            </Menu.Item>
          )}
        </MoreMenu>
      </Group>
    </Group>
  );
}

function DatasetLink({ id }: { id: string }) {
  const dataset = useDataset(id);
  return (
    <Anchor size="sm" underline="always" renderRoot={(props) => <Link to="/datasets/$id" params={{ id }} {...props} />}>
      {dataset.data?.name}
    </Anchor>
  );
}
