import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconBox, IconDownload, IconExternalLink } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useKeepResult, useResults } from "@/api/results";
import { useSpeech } from "@/i18n";
import { bytes } from "./format";

/** The files that a job has made: LoRAs to keep or to download, pages to read. */
export function Results({ job }: { job: Schemas["JobShape"] }) {
  const { t } = useSpeech();
  const results = useResults(job);
  const keep = useKeepResult(job.id);
  const navigate = useNavigate();
  return (
    <Stack gap={4} mt="xs">
      {results.data?.rates.map((one) => (
        <Text key={one.kind} size="sm">
          {t("tool.rate", { kind: one.kind, rate: one.lr })}
        </Text>
      ))}
      {results.data?.files.map((file) => (
        <Group key={file.name} gap="xs">
          {file.name.endsWith(".html") ? (
            <Anchor href={file.url} target="_blank" size="sm" underline="always">
              <IconExternalLink size={14} style={{ verticalAlign: "middle" }} />{" "}
              {t(job.kind === "captions" ? "tool.captionsPage" : "tool.chart")}
            </Anchor>
          ) : (
            <Anchor href={file.url} download={file.name} size="sm" underline="always">
              <IconDownload size={14} style={{ verticalAlign: "middle" }} /> {file.name} · {bytes(file.size_bytes)}
            </Anchor>
          )}
          {file.name.endsWith(".safetensors") && (
            <Button
              size="compact-xs"
              variant="light"
              leftSection={<IconBox size={14} />}
              loading={keep.isPending}
              onClick={() =>
                keep.mutate(file.name, {
                  onSuccess: ({ id }) => void navigate({ to: "/models/$id", params: { id } }),
                })
              }
            >
              {t("tool.keep")}
            </Button>
          )}
        </Group>
      ))}
    </Stack>
  );
}
