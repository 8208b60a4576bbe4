import { Badge, Button, Card, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useJobs } from "@/api/jobs";
import { usePause, usePaused } from "@/api/queue";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { JobLine } from "@/parts/JobLine";

/** All jobs: at work, waiting in order, done. */
export function QueuePage() {
  const { t } = useSpeech();
  const jobs = useJobs();
  if (!jobs.data) return <Waiting query={jobs} />;
  const all = jobs.data;
  const waiting = all.filter((job) => job.state === "queued");
  const over = all.filter((job) => job.ended_at !== null);
  const now = all.filter((job) => job.ended_at === null && job.state !== "queued");
  return (
    <Stack maw={860} mx="auto">
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t("queue.title")}
        </Title>
        <Pause />
      </Group>
      {all.length === 0 && (
        <Card withBorder padding="xl">
          <Text c="dimmed" ta="center">
            {t("queue.empty")}
          </Text>
        </Card>
      )}
      <Section title={t("queue.now")} jobs={now} />
      <Section title={t("queue.waiting")} jobs={waiting} waiting={waiting.length} />
      <Section title={t("queue.done")} jobs={over} />
    </Stack>
  );
}

function Pause() {
  const { t } = useSpeech();
  const paused = usePaused();
  const pause = usePause();
  const Icon = paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <Group gap="xs">
      {paused && (
        <Badge color="orange" variant="light" size="lg" tt="none" role="status">
          {t("queue.paused")}
        </Badge>
      )}
      <Tooltip label={t("queue.pauseHint")}>
        <Button
          size="sm"
          variant={paused ? "filled" : "default"}
          leftSection={<Icon size={16} />}
          loading={pause.isPending}
          onClick={() => pause.mutate(!paused)}
        >
          {t(paused ? "queue.goOn" : "queue.pause")}
        </Button>
      </Tooltip>
    </Group>
  );
}

function Section({ title, jobs, waiting }: { title: string; jobs: Schemas["JobShape"][]; waiting?: number }) {
  if (jobs.length === 0) return null;
  return (
    <section aria-label={title}>
      <Title order={2} size="h5" mt="sm" mb="xs">
        {title}
      </Title>
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: "none" }}>
        {jobs.map((job) => (
          <li key={job.id}>
            <JobLine job={job} waiting={waiting} />
          </li>
        ))}
      </Stack>
    </section>
  );
}
