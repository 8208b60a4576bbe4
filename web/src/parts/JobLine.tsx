import { ActionIcon, Alert, Anchor, Card, Group, Menu, Progress, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDotsVertical, IconPlayerStop, IconRefresh, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useJobActions } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { duration, moment } from "./format";
import { StateBadge } from "./StateBadge";

type Job = Schemas["JobShape"];

/** One job: what it is, how far, when; and what can be done with it. */
export function JobLine({ job, waiting = 0 }: { job: Job; waiting?: number }) {
  const { t, say } = useSpeech();
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs" wrap="nowrap">
            <Text fw={600} truncate>
              {t(`job.kind.${job.kind}`)}: <Target job={job} />
            </Text>
            <StateBadge state={job.state} />
          </Group>
          <When job={job} />
        </div>
        <Actions job={job} waiting={waiting} />
      </Group>
      {job.progress && job.progress.total > 0 && ["starting", "running", "stopping"].includes(job.state) && (
        <Progress
          mt="xs"
          size="sm"
          animated
          value={(job.progress.done / job.progress.total) * 100}
          aria-label={t("job.state.running")}
        />
      )}
      {job.error && (
        <Alert mt="xs" color={job.state === "interrupted" ? "orange" : "red"} p="xs">
          {say(job.error)}
        </Alert>
      )}
    </Card>
  );
}

function Target({ job }: { job: Job }) {
  const { t } = useSpeech();
  if (job.run_id)
    return (
      <Anchor fw={600} renderRoot={(props) => <Link to="/runs/$id" params={{ id: job.run_id ?? "" }} {...props} />}>
        {job.run_name}
      </Anchor>
    );
  if (job.dataset_id)
    return (
      <Anchor
        fw={600}
        renderRoot={(props) => <Link to="/datasets/$id" params={{ id: job.dataset_id ?? "" }} {...props} />}
      >
        {job.dataset_name}
      </Anchor>
    );
  if (job.kind === "draw")
    return (
      <Anchor fw={600} renderRoot={(props) => <Link to="/workbench" search={{ drawing: job.id }} {...props} />}>
        {job.title || t("workbench.noPrompt")}
      </Anchor>
    );
  return job.dataset_name ?? job.run_name;
}

function When({ job }: { job: Job }) {
  const { t, language } = useSpeech();
  const parts: string[] = [];
  if (job.place !== null) parts.push(t("job.position", { place: job.place + 1 }));
  if (job.expected_start_seconds) parts.push(t("job.starts", { time: duration(job.expected_start_seconds, language) }));
  if (job.ended_at) parts.push(moment(job.ended_at, language));
  else if (job.expected_seconds) parts.push(t("job.takes", { time: duration(job.expected_seconds, language) }));
  if (job.ended_at && job.started_at)
    parts.push(`${t("run.took")} ${duration(job.ended_at - job.started_at, language)}`);
  return (
    <Text size="xs" c="dimmed">
      {parts.join(" · ")}
    </Text>
  );
}

function Actions({ job, waiting }: { job: Job; waiting: number }) {
  const { t } = useSpeech();
  const { stop, cancel, retry, move } = useJobActions();
  const choices = [
    {
      shown: job.place !== null && job.place > 0,
      Icon: IconArrowUp,
      label: t("job.earlier"),
      act: () => move.mutate({ id: job.id, place: (job.place ?? 0) - 1 }),
    },
    {
      shown: job.place !== null && job.place < waiting - 1,
      Icon: IconArrowDown,
      label: t("job.later"),
      act: () => move.mutate({ id: job.id, place: (job.place ?? 0) + 1 }),
    },
    { shown: job.can_stop, Icon: IconPlayerStop, label: t("run.stop"), act: () => stop.mutate(job.id) },
    {
      shown: job.can_retry,
      Icon: IconRefresh,
      label: job.kind === "train" ? t("run.resume") : t("job.retry"),
      act: () => retry.mutate(job.id),
    },
    { shown: job.can_cancel, Icon: IconX, label: t("job.cancel"), act: () => cancel.mutate(job.id) },
  ].filter((choice) => choice.shown);
  if (choices.length === 0) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("common.more")}>
          <IconDotsVertical size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ Icon, label, act }) => (
          <Menu.Item key={label} leftSection={<Icon size={16} />} onClick={act}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
