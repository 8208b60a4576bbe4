import { Alert, Button, Card, Grid, Group, SimpleGrid, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconArrowRight, IconColumns, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useDatasets } from "@/api/datasets";
import { useRuns } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { STAGES } from "@/pages/dataset/stages";
import { Waiting } from "@/parts/Waiting";
import { MachineCard } from "./MachineCard";
import { QueueCard } from "./QueueCard";
import { DropToStart, NewDataset, StartButtons } from "./Start";
import { DatasetTile, RunTile, Tiles } from "./Tiles";
import { type Next, nextSteps } from "./next";

/** Datasets and trainings as pictures, what waits, what the machine has, and what one would do next. */
export function HomePage() {
  const { t } = useSpeech();
  const datasets = useDatasets();
  const runs = useRuns();
  const [naming, setNaming] = useState(false);
  const [chosen, setChosen] = useState<string[]>([]);
  if (!datasets.data) return <Waiting query={datasets} />;
  if (!runs.data) return <Waiting query={runs} />;
  return (
    <Grid gap="xl">
      <DropToStart />
      {datasets.data.length > 0 && <VisuallyHidden component="h1">{t("nav.home")}</VisuallyHidden>}
      <Grid.Col span={{ base: 12, md: 8.5 }}>
        <Stack gap="xl">
          <Welcome
            fresh={datasets.data.length === 0}
            steps={nextSteps(datasets.data, runs.data)}
            onNew={() => setNaming(true)}
          />
          {datasets.data.length > 0 && (
            <section>
              <Group justify="space-between" mb="sm">
                <Title order={2} size="h4">
                  {t("home.datasets")}
                </Title>
                <Button size="xs" variant="light" leftSection={<IconPlus size={14} />} onClick={() => setNaming(true)}>
                  {t("dataset.new")}
                </Button>
              </Group>
              <Tiles>
                {datasets.data.map((one) => (
                  <DatasetTile key={one.id} dataset={one} />
                ))}
              </Tiles>
            </section>
          )}
          {datasets.data.length > 0 && (
            <section>
              <Group justify="space-between" mb="sm">
                <Title order={2} size="h4">
                  {t("home.runs")}
                </Title>
                {runs.data.length > 1 && <CompareButton runs={chosen} />}
              </Group>
              {runs.data.length === 0 ? (
                <Text c="dimmed">{t("home.noRuns")}</Text>
              ) : (
                <Tiles>
                  {runs.data.map((one) => (
                    <RunTile
                      key={one.id}
                      run={one}
                      chosen={chosen.includes(one.id)}
                      onChoose={
                        runs.data.length > 1
                          ? (wanted) =>
                              setChosen((now) => [...now.filter((id) => id !== one.id), ...(wanted ? [one.id] : [])])
                          : undefined
                      }
                    />
                  ))}
                </Tiles>
              )}
            </section>
          )}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 3.5 }}>
        <Stack>
          <QueueCard />
          <MachineCard />
        </Stack>
      </Grid.Col>
      {naming && <NewDataset onClose={() => setNaming(false)} />}
    </Grid>
  );
}

function CompareButton({ runs }: { runs: string[] }) {
  const { t } = useSpeech();
  return (
    <Button
      size="xs"
      variant="light"
      leftSection={<IconColumns size={14} />}
      renderRoot={(props) => <Link to="/compare" search={{ runs: runs.join(",") || undefined }} {...props} />}
    >
      {runs.length > 0 ? t("compare.these", { count: runs.length }) : t("compare.title")}
    </Button>
  );
}

/** To somebody new what this is; to everybody the next step. */
function Welcome({ fresh, steps, onNew }: { fresh: boolean; steps: Next[]; onNew: () => void }) {
  const { t } = useSpeech();
  if (fresh)
    return (
      <Card withBorder padding="xl">
        <Stack align="start" gap="md" py="lg">
          <Title order={1}>{t("home.welcome")}</Title>
          <Text size="lg" c="dimmed" maw={620}>
            {t("home.intro")}
          </Text>
          <StartButtons size="lg" />
          <Text size="sm" c="dimmed">
            {t("home.sampleHint")}
          </Text>
          <SimpleGrid component="ol" cols={{ base: 1, sm: 2, lg: 3 }} p={0} m={0} mt="md" style={{ listStyle: "none" }}>
            {STAGES.map((stage, index) => (
              <li key={stage}>
                <Text fw={600}>
                  {index + 1}. {t(`stage.${stage}`)}
                </Text>
                <Text size="sm" c="dimmed">
                  {t(`stage.${stage}Hint`)}
                </Text>
              </li>
            ))}
          </SimpleGrid>
        </Stack>
      </Card>
    );
  if (steps.length === 0) return null;
  return (
    <Alert variant="light" title={t("home.next")}>
      <Stack gap="xs" align="start">
        {steps.map((step) => (
          <NextStep key={step.key} step={step} onNew={onNew} />
        ))}
      </Stack>
    </Alert>
  );
}

function NextStep({ step, onNew }: { step: Next; onNew: () => void }) {
  const { t } = useSpeech();
  const look = {
    variant: "transparent",
    size: "compact-md",
    h: "auto",
    p: 0,
    ta: "start",
    rightSection: <IconArrowRight size={16} />,
    styles: { label: { whiteSpace: "normal" } },
  } as const;
  switch (step.key) {
    case "home.next.dataset":
      return (
        <Button {...look} onClick={onNew}>
          {t(step.key)}
        </Button>
      );
    case "home.next.train":
      return (
        <Button {...look} renderRoot={(props) => <Link to="/train" search={{ dataset: step.dataset }} {...props} />}>
          {t(step.key, { name: step.name })}
        </Button>
      );
    case "home.next.tag":
      return (
        <Button {...look} renderRoot={(props) => <Link to="/datasets/$id" params={{ id: step.dataset }} {...props} />}>
          {t(step.key, { name: step.name })}
        </Button>
      );
    case "home.next.try":
      return (
        <Button
          {...look}
          renderRoot={(props) => (
            <Link to="/workbench" search={{ run: step.run, checkpoint: step.checkpoint }} {...props} />
          )}
        >
          {t(step.key, { name: step.name })}
        </Button>
      );
    default:
      return (
        <Button {...look} renderRoot={(props) => <Link to="/runs/$id" params={{ id: step.run }} {...props} />}>
          {t(step.key, { name: step.name })}
        </Button>
      );
  }
}
