import { Alert, Anchor, Badge, Button, Card, Group, List, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconScale } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Schemas } from "@/api/client";
import { useJobs } from "@/api/jobs";
import { useJudgement } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { FIT_COLOURS, JudgedTable } from "@/parts/JudgedTable";
import { PreviewViewer } from "@/parts/PreviewViewer";
import { JobLine } from "@/parts/JobLine";
import { JudgeDialog } from "./JudgeDialog";
import { Star } from "./Star";

/** Which epoch is the best and why; whether the training went too far or not far enough; and the way to find out. */
export function Judgement({ run }: { run: Schemas["RunDetail"] }) {
  const { t, say } = useSpeech();
  const judgement = useJudgement(run.id).data;
  const job = useJudging(run.id);
  const [asking, { open, close }] = useDisclosure();
  const [looking, look] = useDisclosure();
  if (!judgement || run.checkpoints === 0) return null;
  const judged = judgement.epochs.length > 0;
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" mb="sm">
        <Group gap="xs">
          <Title order={2} size="h5">
            {t("judge.title")}
          </Title>
          {judgement.fit && (
            <Badge color={FIT_COLOURS[judgement.fit]} variant="light" tt="none">
              {t(`judge.fit.${judgement.fit}`)}
            </Badge>
          )}
        </Group>
        {job?.ended_at !== null && (
          <Button
            size="xs"
            variant={judged ? "default" : "filled"}
            leftSection={<IconScale size={14} />}
            onClick={open}
          >
            {t(judged ? "judge.again" : "judge.do")}
          </Button>
        )}
      </Group>
      {!judged && (
        <Text size="sm" c="dimmed" mb="xs">
          {t("judge.help")}
        </Text>
      )}
      {job && (job.ended_at === null || job.error) && <JobLine job={job} />}
      {judgement.reason && (
        <Text size="sm" mb="xs">
          {say(judgement.reason)}
        </Text>
      )}
      {judged && (
        <JudgedTable
          judgement={judgement}
          star={(one) => <Star run={run} checkpoint={one.checkpoint} label={t("run.epochN", { epoch: one.epoch })} />}
        />
      )}
      <Diagnosis judgement={judgement} />
      {judgement.sheet && (
        <Anchor component="button" size="sm" underline="always" onClick={look.open}>
          {t("judge.sheet")}
        </Anchor>
      )}
      {looking && judgement.sheet && (
        <PreviewViewer
          rows={[{ label: t("judge.sheet"), pictures: [judgement.sheet] }]}
          columns={[run.name]}
          across={false}
          place={{ row: 0, column: 0 }}
          beside={undefined}
          onLook={({ place }) => place ?? look.close()}
        />
      )}
      {asking && <JudgeDialog run={run} onClose={close} />}
    </Card>
  );
}

/** The newest job that judges a training; once it is over, what it found is asked for. */
function useJudging(id: string): Schemas["JobShape"] | undefined {
  const client = useQueryClient();
  const job = (useJobs().data ?? []).find((one) => one.kind === "judge" && one.run_id === id);
  const over = job ? job.ended_at !== null : true;
  useEffect(() => {
    if (over) void client.invalidateQueries({ queryKey: ["run", id, "judgement"] });
  }, [client, id, over]);
  return job;
}

function Diagnosis({ judgement }: { judgement: Schemas["JudgementShape"] }) {
  const { t, say } = useSpeech();
  const { evidence, advice, notices } = judgement;
  if (evidence.length + advice.length + notices.length === 0) return null;
  return (
    <Alert
      variant="light"
      color={judgement.fit ? FIT_COLOURS[judgement.fit] : "gray"}
      my="sm"
      title={t(judgement.fit ? `judge.says.${judgement.fit}` : "judge.says.unknown")}
    >
      <List size="sm" spacing={4}>
        {[...evidence, ...notices].map((one) => (
          <List.Item key={one.en}>{say(one)}</List.Item>
        ))}
      </List>
      {advice.map((one) => (
        <Text key={one.en} size="sm" mt="xs" fw={500}>
          {say(one)}
        </Text>
      ))}
    </Alert>
  );
}
