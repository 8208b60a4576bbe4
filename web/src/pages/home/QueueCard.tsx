import { Anchor, Card, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useJobs } from "@/api/jobs";
import { usePaused } from "@/api/queue";
import { useSpeech } from "@/i18n";
import { StateBadge } from "@/parts/StateBadge";
import { percent } from "@/parts/format";

/** What is at work and what waits, in a few lines. */
export function QueueCard() {
  const { t } = useSpeech();
  const jobs = useJobs().data;
  const paused = usePaused();
  const open = jobs?.filter((job) => job.ended_at === null).slice(0, 5);
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          {t("home.queue")}
          {paused && ` (${t("queue.paused")})`}
        </Title>
        <Anchor size="sm" renderRoot={(props) => <Link to="/queue" {...props} />}>
          {t("common.more")}
        </Anchor>
      </Group>
      <Stack gap="xs">
        {open?.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("home.queueEmpty")}
          </Text>
        )}
        {open?.map((job) => (
          <Group key={job.id} justify="space-between" wrap="nowrap">
            <Text size="sm" truncate>
              {t(`job.kind.${job.kind}`)}: {job.run_name ?? job.dataset_name}
            </Text>
            <Group gap="xs" wrap="nowrap">
              {job.progress && job.progress.total > 0 && (
                <Text size="xs" c="dimmed">
                  {percent(job.progress.done / job.progress.total)}
                </Text>
              )}
              <StateBadge state={job.state} />
            </Group>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
