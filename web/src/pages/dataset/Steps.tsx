import { Button, Group, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { usePictures } from "@/api/datasets";
import { useModels } from "@/api/models";
import { useRuns } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { STAGES, type Stage, nextStage, stagesDone } from "./stages";

/** The way from pictures to a published LoRA: what lies behind, what comes next, each a link to where it is done. */
export function Steps({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const cropped = (usePictures(dataset.id).data ?? []).filter((one) => one.crop).length;
  const runs = (useRuns().data ?? []).filter((run) => run.dataset_id === dataset.id);
  const models = useModels("").data ?? [];
  const published = new Set(models.flatMap((one) => one.run_id ?? []));
  const done = stagesDone({ dataset, cropped, runs, published });
  const next = nextStage(done);
  const latest = runs.find((run) => run.job.state === "succeeded") ?? runs[0];
  return (
    <nav aria-label={t("stage.title")}>
      <Group component="ol" gap={4} p={0} m={0} style={{ listStyle: "none" }}>
        {STAGES.map((stage, index) => (
          <li key={stage} aria-current={stage === next ? "step" : undefined}>
            <Button
              size="compact-sm"
              variant={stage === next ? "filled" : done.has(stage) ? "light" : "default"}
              leftSection={done.has(stage) ? <IconCheck size={14} /> : index + 1}
              {...leading(stage, dataset.id, latest)}
            >
              {t(`stage.${stage}`)}
            </Button>
          </li>
        ))}
      </Group>
      {next && (
        <Text size="sm" c="dimmed" mt={6}>
          {t("stage.next", { what: t(`stage.${next}Hint`) })}
        </Text>
      )}
    </nav>
  );
}

/** Where a stage is done; a stage that waits for a training can't be gone to before there is one. */
function leading(stage: Stage, dataset: string, run: Pick<Schemas["RunShape"], "id" | "pick"> | undefined) {
  switch (stage) {
    case "train":
      return { renderRoot: (props: object) => <Link to="/train" search={{ dataset }} {...props} /> };
    case "judge":
      if (!run) return { disabled: true };
      return { renderRoot: (props: object) => <Link to="/runs/$id" params={{ id: run.id }} {...props} /> };
    case "publish":
      if (!run) return { disabled: true };
      return {
        renderRoot: (props: object) => (
          <Link to="/models/publish" search={{ run: run.id, checkpoint: run.pick ?? undefined }} {...props} />
        ),
      };
    default: {
      const search = { do: stage === "pictures" ? undefined : stage };
      return {
        renderRoot: (props: object) => <Link to="/datasets/$id" params={{ id: dataset }} search={search} {...props} />,
      };
    }
  }
}
