import { Badge, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useCheckpoints } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { bytes } from "@/parts/format";

/** The LoRA files of a training, the newest first. */
export function Checkpoints({ run }: { run: Schemas["RunDetail"] }) {
  const { t } = useSpeech();
  const checkpoints = useCheckpoints(run.id).data ?? [];
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="sm">
        {t("run.checkpoints")}
      </Title>
      <Stack gap="xs">
        {checkpoints.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("run.noCheckpoints")}
          </Text>
        )}
        {[...checkpoints].reverse().map((one) => (
          <Group key={one.url} justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Group gap={6}>
                <Text size="sm" fw={500}>
                  {t("run.epochN", { epoch: one.epoch })}
                </Text>
                {one.final && (
                  <Badge size="sm" variant="light" tt="none">
                    {t("run.final")}
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed" truncate>
                {one.name} · {bytes(one.size_bytes)}
              </Text>
            </div>
            <Group gap={6} wrap="nowrap" style={{ flexShrink: 0 }}>
              <Button
                size="xs"
                variant="default"
                renderRoot={(props) => (
                  <Link to="/models/publish" search={{ run: run.id, checkpoint: one.name }} {...props} />
                )}
              >
                {t("model.publish")}
              </Button>
              <Button
                component="a"
                href={one.url}
                download={one.name}
                size="xs"
                variant={one.final ? "filled" : "light"}
                leftSection={<IconDownload size={14} />}
              >
                {t("run.download")}
              </Button>
            </Group>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
