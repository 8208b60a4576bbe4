import { Button, Card, Group, Progress, ScrollArea, Stack, Text } from "@mantine/core";
import type { Upload } from "@/api/uploads";
import { useSpeech } from "@/i18n";
import { percent } from "@/parts/format";

const SHOWN = 100;
const COLOURS = {
  waiting: "gray",
  sending: "blue",
  offline: "orange",
  done: "teal",
  known: "gray",
  failed: "red",
} as const;

/** How far the uploads are, and those that wait, are on their way, or weren't taken. */
export function UploadList({ uploads, onClear }: { uploads: Upload[]; onClear: () => void }) {
  const { t, say } = useSpeech();
  const over = uploads.filter((one) => ["done", "known", "failed"].includes(one.state)).length;
  const listed = uploads.filter((one) => one.state !== "done").slice(0, SHOWN);
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" mb={6}>
        <Text size="sm" fw={600} role="status">
          {t("upload.progress", { done: over, count: uploads.length })}
        </Text>
        {over === uploads.length && (
          <Button size="compact-sm" variant="subtle" onClick={onClear}>
            {t("upload.clear")}
          </Button>
        )}
      </Group>
      <Progress
        value={(uploads.reduce((sum, one) => sum + shareOf(one), 0) / uploads.length) * 100}
        mb="xs"
        aria-label={t("upload.more")}
      />
      <ScrollArea.Autosize mah={180} type="auto" offsetScrollbars>
        <Stack gap={2}>
          {listed.map((one, index) => (
            <div key={index}>
              <Group gap="xs" wrap="nowrap" justify="space-between">
                <Text size="xs" truncate>
                  {one.name}
                </Text>
                <Text size="xs" c={COLOURS[one.state]} style={{ whiteSpace: "nowrap" }}>
                  {one.state === "sending" && one.progress >= 1
                    ? t("upload.checking")
                    : one.state === "sending" || one.state === "offline"
                      ? t(`upload.${one.state}`, { percent: percent(one.progress) })
                      : t(`upload.${one.state}`)}
                </Text>
              </Group>
              {one.text && (
                <Text size="xs" c="red">
                  {say(one.text)}
                </Text>
              )}
            </div>
          ))}
        </Stack>
      </ScrollArea.Autosize>
    </Card>
  );
}

/** How much of a file is settled, 0 to 1: one that has been sent is yet to be looked at. */
const shareOf = (one: Upload) => (["done", "known", "failed"].includes(one.state) ? 1 : 0.9 * one.progress);
