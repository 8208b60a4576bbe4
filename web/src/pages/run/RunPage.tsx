import { Alert, Center, Grid, Loader, Stack, Text, Title, Card } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { isOpen, useCurve, useLive, usePreviews, useRun } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { LossChart } from "@/parts/LossChart";
import { PreviewMatrix } from "@/parts/PreviewMatrix";
import { Checkpoints } from "./Checkpoints";
import { Parameters } from "./Parameters";
import { RunHeader } from "./RunHeader";
import { RunProgress } from "./RunProgress";

const route = getRouteApi("/runs/$id");

/** A training: how far it is, what it has learnt so far, and its files. */
export function RunPage() {
  const { t, say } = useSpeech();
  const { id } = route.useParams();
  const run = useRun(id);
  useLive(id, run.data !== undefined && isOpen(run.data.job));
  if (run.error) return <Failure error={run.error} onRetry={() => void run.refetch()} />;
  if (!run.data) return <Center h={300} component={Loader} />;
  const { job, warnings } = run.data;
  return (
    <Stack gap="lg">
      <RunHeader run={run.data} />
      {job.error && (
        <Alert color={job.state === "interrupted" ? "orange" : "red"} title={t(`job.state.${job.state}`)}>
          {say(job.error)}
        </Alert>
      )}
      <RunProgress run={run.data} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <Previews id={id} />
            <Loss id={id} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="lg">
            <Checkpoints run={run.data} />
            {warnings.length > 0 && (
              <Alert color="yellow" variant="light" title={t("run.warnings")}>
                {warnings.map((one) => (
                  <Text key={one.en} size="sm">
                    {say(one)}
                  </Text>
                ))}
              </Alert>
            )}
            <Parameters run={run.data} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Previews({ id }: { id: string }) {
  const { t } = useSpeech();
  const previews = usePreviews(id);
  const rows = (previews.data?.rows ?? []).map((row) => ({
    label: row.epoch === null ? t("run.base") : t("run.epochN", { epoch: row.epoch }),
    key: `${row.epoch} ${row.step}`,
    pictures: row.pictures.map((picture) => picture?.url ?? null),
  }));
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="sm">
        {t("run.previews")}
      </Title>
      {rows.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t("run.noPreviews")}
        </Text>
      ) : (
        <PreviewMatrix rows={rows} prompts={previews.data?.prompts ?? []} />
      )}
    </Card>
  );
}

function Loss({ id }: { id: string }) {
  const { t } = useSpeech();
  const curve = useCurve(id);
  if (!curve.data || curve.data.steps.length === 0) return null;
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="sm">
        {t("run.loss")}
      </Title>
      <LossChart curve={curve.data} />
    </Card>
  );
}
