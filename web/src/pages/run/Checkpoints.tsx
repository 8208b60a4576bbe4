import { Badge, Button, Card, Group, Menu, Stack, Text, Title } from "@mantine/core";
import { IconArrowForwardUp, IconDownload, IconFlask, IconUpload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useCheckpoints, useJudgement } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { MoreMenu } from "@/parts/MoreMenu";
import { bytes } from "@/parts/format";
import { Star } from "./Star";

/** The LoRA files of a training, the newest first: the owner's pick starred, ready to be tried, published, downloaded. */
export function Checkpoints({ run }: { run: Schemas["RunDetail"] }) {
  const { t } = useSpeech();
  const checkpoints = useCheckpoints(run.id).data;
  const judgement = useJudgement(run.id).data;
  const best = judgement?.best_checkpoint;
  const good = judgement?.epochs.find((one) => one.epoch === judgement.best_epoch)?.fit === "good";
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb={4}>
        {t("run.checkpoints")}
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        {t(checkpoints?.length === 0 ? "run.noCheckpoints" : "run.pickHelp")}
      </Text>
      <Stack gap="xs">
        {checkpoints?.toReversed().map((one) => (
          <Group key={one.url} justify="space-between" wrap="nowrap" gap="xs">
            <Star run={run} checkpoint={one.name} label={t("run.epochN", { epoch: one.epoch })} />
            <div style={{ minWidth: 0, flex: 1 }}>
              <Group gap={6}>
                <Text size="sm" fw={500}>
                  {t("run.epochN", { epoch: one.epoch })}
                </Text>
                {one.final && (
                  <Badge size="sm" variant="light" color="gray" tt="none">
                    {t("run.final")}
                  </Badge>
                )}
                {one.name === best && (
                  <Badge size="sm" variant="light" color={good ? "teal" : "gray"} tt="none">
                    {t(good ? "judge.best" : "judge.leastBad")}
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed" truncate title={one.name}>
                {one.name} · {bytes(one.size_bytes)}
              </Text>
            </div>
            <Button
              component="a"
              href={one.url}
              download={one.name}
              size="xs"
              px="xs"
              variant={one.name === run.pick ? "filled" : "light"}
              aria-label={`${t("run.download")}: ${one.name}`}
              style={{ flexShrink: 0 }}
            >
              <IconDownload size={16} />
            </Button>
            <More run={run} name={one.name} />
          </Group>
        ))}
      </Stack>
    </Card>
  );
}

function More({ run, name }: { run: Schemas["RunDetail"]; name: string }) {
  const { t } = useSpeech();
  return (
    <MoreMenu of={name} variant="subtle" color="gray" size="md">
      <Menu.Item
        leftSection={<IconFlask size={16} />}
        renderRoot={(props) => <Link to="/workbench" search={{ run: run.id, checkpoint: name }} {...props} />}
      >
        {t("run.tryOut")}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconUpload size={16} />}
        renderRoot={(props) => <Link to="/models/publish" search={{ run: run.id, checkpoint: name }} {...props} />}
      >
        {t("run.publish")}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowForwardUp size={16} />}
        renderRoot={(props) => (
          <Link
            to="/train"
            search={{ dataset: run.dataset_id ?? undefined, run: run.id, start: `run:${run.id}/${name}` }}
            {...props}
          />
        )}
      >
        {t("run.trainOn")}
      </Menu.Item>
    </MoreMenu>
  );
}
