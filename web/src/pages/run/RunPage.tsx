import { Alert, Grid, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { isOpen, useLive, useRun } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { Marked } from "@/parts/Marked";
import { Waiting } from "@/parts/Waiting";
import { Checkpoints } from "./Checkpoints";
import { Curves } from "./Curves";
import { Judgement } from "./Judgement";
import { Log } from "./Log";
import { Parameters } from "./Parameters";
import { Previews } from "./Previews";
import { RunHeader } from "./RunHeader";
import { RunProgress } from "./RunProgress";

const route = getRouteApi("/runs/$id");

/** A training: how far it is, what it has learnt so far, and its files. */
export function RunPage() {
  const { t, say } = useSpeech();
  const { id } = route.useParams();
  const run = useRun(id);
  useLive(id, run.data !== undefined && isOpen(run.data.job));
  if (!run.data) return <Waiting query={run} />;
  const { job, warnings, cautions } = run.data;
  return (
    <Stack gap="lg">
      <RunHeader run={run.data} />
      {job.error && (
        <Alert color={job.state === "interrupted" ? "orange" : "red"} title={t(`job.state.${job.state}`)}>
          {say(job.error)}
        </Alert>
      )}
      {cautions.map((one) => (
        <Alert key={one.en} color="orange" icon={<IconAlertTriangle size={20} />} role="alert" title={t("run.caution")}>
          <Marked>{say(one)}</Marked>
        </Alert>
      ))}
      <RunProgress run={run.data} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <Previews id={id} phase={run.data.stage?.name} />
            <Judgement run={run.data} />
            <Curves run={run.data} />
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
        <Grid.Col span={12}>
          <Log job={job} />
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
