import { Card, Group, Progress, SimpleGrid, Text } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { isOpen } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { duration, number, short } from "@/parts/format";

/** The phase that a training is in, how far it is, and how long it will take. */
export function RunProgress({ run }: { run: Schemas["RunDetail"] }) {
  const { t, language } = useSpeech();
  const { stage, job } = run;
  const between = stage?.name === "previews" || stage?.name === "validation";
  const training = (stage === null || between) && run.total_steps > 0;
  const [done, total] = stage && !between ? [stage.done, stage.total] : [run.step, run.total_steps];
  const open = isOpen(job);
  const doing = stage ? t(`run.phase.${stage.name}`) : t("run.phase.train");
  const phase =
    job.state === "stopping"
      ? t("run.stoppingAfter", { phase: doing })
      : job.state === "queued"
        ? t("run.waiting")
        : stage
          ? t(`run.phase.${stage.name}`)
          : training && open
            ? t("run.phase.train")
            : t(`job.state.${job.state}`);
  const left = stage && !between ? stage.remaining_seconds : (run.remaining_seconds ?? job.expected_seconds);
  const pace = [
    run.images_per_second === null ? [] : t("run.imagesPace", { count: short(run.images_per_second) }),
    run.seconds_per_step === null ? [] : t("run.perStep", { time: short(run.seconds_per_step) }),
  ].flat();
  const elapsed = job.started_at && job.ended_at ? job.ended_at - job.started_at : 0;
  const took = Math.max(run.training_seconds, elapsed);
  const figures: [string, string][] = [
    [t("run.epoch"), run.epochs === 0 ? "–" : `${run.epoch} / ${run.epochs}`],
    [t("run.loss"), run.loss === null ? "–" : short(run.loss)],
    [t("run.pace"), pace.join(" · ") || "–"],
    open
      ? [t(stage && !between ? "run.etaPhase" : "run.eta"), left === null ? "–" : duration(left, language)]
      : [t("run.took"), took < 1 ? "–" : duration(took, language)],
  ];
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb={6}>
        <Text fw={600} role="status">
          {phase}
        </Text>
        {total > 0 && (
          <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
            {training ? `${t("run.step")} ` : ""}
            {number(done, language)} / {number(total, language)}
            {stage?.name === "load" ? " MB" : ""}
          </Text>
        )}
      </Group>
      <Progress
        value={total > 0 ? (done / total) * 100 : job.state === "succeeded" ? 100 : 0}
        animated={open && job.state !== "queued"}
        color={job.state === "failed" ? "red" : undefined}
        size="lg"
        aria-label={phase}
      />
      {run.skipped_steps > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          {t("run.skipped", { count: run.skipped_steps })}
        </Text>
      )}
      <SimpleGrid cols={{ base: 2, sm: 4 }} mt="md">
        {figures.map(([name, figure]) => (
          <div key={name}>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>
              {figure}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Card>
  );
}
