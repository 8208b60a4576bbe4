import { ActionIcon, Alert, Anchor, Card, Group, Progress, Text, Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconFileText, IconPlayerPause, IconRefresh, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useJobActions } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { capital, clock, duration, moment } from "./format";
import { LogLines } from "./LogLines";
import { Results } from "./Results";
import { StateBadge } from "./StateBadge";
import { useCancel } from "./cancelling";

type Job = Schemas["JobShape"];

/** One job: what it is, how far, when; and what can be done with it. */
export function JobLine({ job, waiting = 0 }: { job: Job; waiting?: number }) {
  const { t, say } = useSpeech();
  const [reading, setReading] = useState(false);
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
        <Actions job={job} waiting={waiting} reading={reading} onRead={() => setReading(!reading)} />
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
      {reading && <LogLines key={job.attempts} job={job.id} />}
      {job.has_results && <Results job={job} />}
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
      <Anchor
        fw={600}
        underline="always"
        renderRoot={(props) => <Link to="/runs/$id" params={{ id: job.run_id ?? "" }} {...props} />}
      >
        {job.run_name}
      </Anchor>
    );
  if (job.dataset_id)
    return (
      <Anchor
        fw={600}
        underline="always"
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
  return job.dataset_name ?? job.run_name ?? job.title;
}

function When({ job }: { job: Job }) {
  const { t, language } = useSpeech();
  const parts: string[] = [];
  if (job.place !== null) parts.push(t("job.position", { place: job.place + 1 }));
  if (job.expected_start_seconds) parts.push(t("job.starts", { time: duration(job.expected_start_seconds, language) }));
  if (job.state === "stopping" && job.kind === "train") parts.push(t("job.stoppingHint"));
  if (job.started_at && !job.ended_at) parts.push(t("job.started", { time: clock(job.started_at, language) }));
  if (job.ended_at) parts.push(moment(job.ended_at, language));
  else if (job.expected_seconds) parts.push(t("job.takes", { time: duration(job.expected_seconds, language) }));
  if (job.ended_at && job.started_at && job.ended_at - job.started_at >= 1)
    parts.push(`${t("run.took")} ${duration(job.ended_at - job.started_at, language)}`);
  return (
    <Text size="xs" c="dimmed">
      {capital(parts.join(" · "))}
    </Text>
  );
}

interface ActionsProps {
  job: Job;
  waiting: number;
  reading: boolean;
  onRead: () => void;
}

function Actions({ job, waiting, reading, onRead }: ActionsProps) {
  const { t } = useSpeech();
  const { stop, retry, move } = useJobActions();
  const cancel = useCancel();
  const shift = (by: number) => move.mutate({ id: job.id, place: (job.place ?? 0) + by });
  const movable = job.place !== null && waiting > 1;
  const again = job.kind === "train" ? t("run.resume") : t("job.retry");
  const choices = [
    {
      shown: movable,
      idle: job.place === 0,
      Icon: IconArrowUp,
      label: t("job.earlier"),
      act: () => shift(-1),
    },
    {
      shown: movable,
      idle: job.place === waiting - 1,
      Icon: IconArrowDown,
      label: t("job.later"),
      act: () => shift(1),
    },
    { shown: job.started_at !== null, Icon: IconFileText, label: t("run.log"), act: onRead, pressed: reading },
    { shown: job.can_stop, Icon: IconPlayerPause, label: t("run.stop"), act: () => stop.mutate(job.id) },
    { shown: job.can_retry, Icon: IconRefresh, label: again, act: () => retry.mutate(job.id) },
    { shown: job.can_cancel, Icon: IconX, label: t("job.cancel"), act: () => cancel(job) },
  ].filter((choice) => choice.shown);
  return (
    <Group gap={2} wrap="nowrap">
      {choices.map(({ Icon, label, act, idle, pressed }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon
            variant={pressed ? "light" : "subtle"}
            color="gray"
            size="lg"
            aria-label={`${label}: ${job.run_name ?? job.dataset_name ?? ""}`}
            aria-pressed={pressed}
            aria-disabled={idle}
            data-disabled={idle || undefined}
            onClick={idle ? undefined : act}
          >
            <Icon size={18} />
          </ActionIcon>
        </Tooltip>
      ))}
    </Group>
  );
}
