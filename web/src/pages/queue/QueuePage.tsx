import { Card, Stack, Text, Title } from "@mantine/core";
import { useJobs } from "@/api/jobs";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { JobLine } from "@/parts/JobLine";

/** All jobs: at work, waiting in order, done. */
export function QueuePage() {
  const { t } = useSpeech();
  const jobs = useJobs();
  if (jobs.error) return <Failure error={jobs.error} onRetry={() => void jobs.refetch()} />;
  const all = jobs.data ?? [];
  const waiting = all.filter((job) => job.state === "queued");
  const over = all.filter((job) => job.ended_at !== null);
  const now = all.filter((job) => job.ended_at === null && job.state !== "queued");
  return (
    <Stack maw={860} mx="auto">
      <Title order={1} size="h2">
        {t("queue.title")}
      </Title>
      {jobs.data && all.length === 0 && (
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

function Section({ title, jobs, waiting }: { title: string; jobs: Schemas["JobShape"][]; waiting?: number }) {
  if (jobs.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={2} size="h5" mt="sm">
        {title}
      </Title>
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} waiting={waiting} />
      ))}
    </Stack>
  );
}
